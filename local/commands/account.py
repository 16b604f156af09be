"""`plumbline account`: adds, lists and disables the accounts of the running local cloud."""

import argparse
import os
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from local.cloud.accounts import GROUPS, add_account, disable_account, list_accounts
from local.cloud.stack import client, read_stack

EPILOG: Final = """examples:
  plumbline account list
  plumbline account add hugo --group hr_admin --person H001
  plumbline account disable hugo

NAME is a mail address; a name without one is completed with @example.com. A new account's password is printed
once, or taken from PLUMBLINE_PASSWORD. `plumbline up` creates an account for each group by itself; those are
in DIR/accounts.json. On AWS, create the accounts in the user pool (docs/how-to/deploy.md).
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("act", choices=("add", "list", "disable"), help="what to do")
    parser.add_argument("name", metavar="NAME", nargs="?", help="the account, for add and disable")
    parser.add_argument("--group", choices=GROUPS, help="what the account may do, for add")
    parser.add_argument(
        "--person", metavar="ID", help="id in the directory of the person whom the account stands for"
    )
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        default=Path(".plumbline"),
        help="folder of the running cloud; default: .plumbline",
    )
    # Options that belong together are checked here, so that a mistake is reported with the usage.
    parser.set_defaults(refuse=parser.error)


def run(args: argparse.Namespace) -> int:
    if args.act != "list" and not args.name:
        args.refuse(f"{args.act} needs a NAME")
    if (args.act == "add") is not bool(args.group):
        args.refuse("--group is required for add, and only for add")
    info = read_stack(args.data)
    cognito = client("cognito-idp", info)
    if args.act == "add":
        password = os.environ.get("PLUMBLINE_PASSWORD")
        added = add_account(info, cognito, args.name, args.group, args.person, password)
        print(f"{added.name}  {added.password}  {added.group}")
    elif args.act == "disable":
        disable_account(info, cognito, args.name)
        print(f"{args.name} is disabled")
    else:
        Console().print(_table(info, cognito))
    return 0


def _table(info: dict[str, object], cognito: object) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("account", "group", "person", ""):
        table.add_column(column, overflow="fold")
    for account in list_accounts(info, cognito):
        table.add_row(
            account.name, account.group, account.person or "", "" if account.enabled else "disabled"
        )
    return table
