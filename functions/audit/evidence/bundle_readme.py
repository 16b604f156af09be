"""The instructions that lie in every bundle: how to check it with sha256sum and openssl alone."""

from typing import Final

_CHECK_FILES: Final = """\
Plumbline evidence bundle
=========================

How to check it without our programs: a shell (bash) with sha256sum, base64 and openssl is enough.
With Python, `plumbline verify BUNDLE` does all of this and more; so does the single file that
`plumbline verify --standalone verify.pyz` writes: `python verify.pyz BUNDLE` needs nothing but the
`cryptography` package beside it.

1. The files are those that were exported.
   manifest.json has the SHA-256 of every other file:

       sha256sum README.txt            # compare with its line in manifest.json

   manifest.json itself is not signed. It finds accidents; the steps below find intent.

2. A checkpoint was signed by the keeper of the ledger.
   A checkpoint file is {"checkpoint":{...},"signature":"..."}. The signed bytes are the inner
   object exactly as it stands there, from its opening to its closing brace:

       F=$(ls CHECKPOINTS/*.json | tail -n 1)
       sed 's/^{"checkpoint":\\(.*\\),"signature":"[^"]*"}$/\\1/' "$F" | tr -d '\\n' > body
       sed 's/.*"signature":"\\([^"]*\\)".*/\\1/' "$F" | base64 -d > signature
       KEY=$(sed 's/.*"key":"\\([^"]*\\)".*/\\1/' "$F")
       openssl dgst -sha256 -verify keys/$KEY.pem -signature signature body    # Verified OK

   A key's name is the SHA-256 of its bytes, so that it cannot be exchanged under its name:

       openssl pkey -pubin -in keys/$KEY.pem -outform DER | sha256sum

   Compare that name, or a checkpoint, with what you were told at the time and by another way
   (a mail, a letter, another account). Only that shows that the whole bundle was not made up
   later with another key.
"""

CASE_README: Final = (
    _CHECK_FILES.replace("CHECKPOINTS", "checkpoints")
    + """
3. An event is under the checkpoint.
   events/<index>.json has an event's exact bytes. With I its index in 12 digits, its leaf hash is

       H=$( (printf '\\000'; cat events/$I.json) | sha256sum | cut -d' ' -f1)

   proofs/<index>.json has "path": hashes from the leaf to the root. Go up from the leaf with
   n = index and m = size - 1. For each hash P of the path:
   - if n is odd, or n = m: H becomes sha256(01 P H); then, while n is even and not 0, halve
     both n and m;
   - otherwise H becomes sha256(01 H P);
   - then halve both n and m, rounding down.
   One such step in the shell:

       H=$(printf "$(echo 01$P$H | sed 's/../\\\\x&/g')" | sha256sum | cut -d' ' -f1)

   At the end H is the "root" of the checkpoint whose "size" the proof names.

4. The events follow one another.
   The first event's "sequence" is 1; each one's "previous" is the SHA-256 of the bytes of the
   one before:

       sha256sum events/$I.json

   Where a signing key was handed on, events/ also has the key:rotated events; they belong to
   the chain "system", of which the other events are not here.

5. What was typed is what was sealed.
   A private part stands in an event as ciphertext, with a "commitment". Its plaintext, where
   this edition has it:

       sha256sum openings/<sequence, 6 digits>.json      # is private.commitment of the event

   An edition for another reader has fewer openings; the events and all hashes are the same.

6. What the record relied on is here.
   The SHA-256 of every file under policies/, decisions/ and exports/ stands in an event.

7. The decision is one of all decisions of its evaluation.
   decision/line.json, where this edition has it, is a leaf as in step 3, and decision/proof.json
   leads from it to "decisions_root" of the evaluation:completed event under events/.

8. The decision follows from what was reported.
   decision/facts/<period>.json and decision/person.json are the rep's rows as they were read, each
   a leaf as in step 3. Their .proof.json leads by "path" to "root"; the text
   {"root":"...","shard":"...","size":...} with the proof's values is a leaf again, from which
   "shard_path" leads to "roots" of the facts:recorded or directory:recorded event under events/.
   The SHA-256 of decision/policy.json and decision/population.json stand in evaluation:completed.
   From these anybody can work out decision/line.json by hand; `plumbline verify` does it.

Reading aids, which prove nothing by themselves: this text, chronicle.html, names.json.
Not proved: that no event came after the last one here (a bundle of the whole ledger shows that);
that what was entered was true.
"""
)

LEDGER_README: Final = (
    _CHECK_FILES.replace("CHECKPOINTS", "ledger/checkpoints")
    + """
3. Checkpoints follow one another.
   Each one's "previous" is the SHA-256 of the signed bytes (`body` above) of the one before;
   "number" counts from 0.

4. The events are under the checkpoints.
   ledger/segments/<first>-<last>.jsonl have one event a line. An event's index is its line's
   place in all segments one after another, from 0. The root of a checkpoint is the Merkle tree
   hash of RFC 9162, section 2.1.1, with SHA-256, over the first "size" lines without line ends.

5. Within one "subject" the events count from 1, and each one's "previous" is the SHA-256 of the
   one before.

6. A checkpoint was there at a time, by the word of somebody outside.
   ledger/timestamps/<size>-<number>.tsr, where there are any, are time stamps (RFC 3161) over the
   checkpoint file of the same name. With the certificate of the authority's CA, from the authority:

       openssl ts -verify -data ledger/checkpoints/S-N.json -in ledger/timestamps/S-N.tsr -CAfile ca.pem

Events under unsealed/ were recorded, but no checkpoint covers them yet.
Not proved: that what was entered was true.
"""
)

PERIOD_README: Final = (
    _CHECK_FILES.replace("CHECKPOINTS", "checkpoints")
    + """
3. Each folder under cases/ is the evidence of one case by itself, with a README.txt and a manifest of
   its own. Its one checkpoint is the latest of those under checkpoints/ here:

       cmp cases/CASE/checkpoints/*.json checkpoints/LATEST.json

4. events/ has the beginning and the end of each evaluation of the period. Their proofs under proofs/
   are checked as step 3 of a case's README.txt says; consistency/ shows that each checkpoint grew
   from the one before.

Not proved: that every case of the period is here (a bundle of the whole ledger shows that); that
what was entered was true.
"""
)
