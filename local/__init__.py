"""Everything that runs on a laptop.

``cli.py`` is the ``plumbline`` command, and ``commands/`` has a module for each of its subcommands.
``demo.py`` is ``make demo``. ``cloud/`` runs the local cloud, ``restore/`` rebuilds the table, ``witness/``
watches a ledger, and ``docs/`` generates reference pages from code.

The other modules here are started by ``python -m`` (``node``, ``check_templates``, ``case_life``), or several
subcommands share them (``evaluation_files``), or they hold a large part of one (``backtest_chart``,
``profile_guess``).
"""
