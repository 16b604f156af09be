"""The README.txt of each kind of bundle: how to check it with sha256sum and openssl alone."""

from typing import Final

_CHECK_FILES: Final = """\
Plumbline evidence bundle
=========================

This text explains how to check the bundle without our programs. You need a shell (bash) with sha256sum,
base64 and openssl. If you have Python, `plumbline verify BUNDLE` does all of this and more. So does the
single file verify.pyz, which `plumbline verify --standalone verify.pyz` writes: it needs only Python and
the `cryptography` package.

1. The files are the exported files.
   manifest.json lists the SHA-256 of every other file:

       sha256sum README.txt            # compare with its line in manifest.json

   manifest.json itself is not signed. This step detects accidental damage. The next steps detect
   deliberate changes.

2. The keeper of the ledger signed the checkpoint.
   A checkpoint file is {"checkpoint":{...},"signature":"..."}. The signed bytes are the inner
   object exactly as it stands there, from its opening brace to its closing brace:

       F=$(ls CHECKPOINTS/*.json | tail -n 1)
       sed 's/^{"checkpoint":\\(.*\\),"signature":"[^"]*"}$/\\1/' "$F" | tr -d '\\n' > body
       sed 's/.*"signature":"\\([^"]*\\)".*/\\1/' "$F" | base64 -d > signature
       KEY=$(sed 's/.*"key":"\\([^"]*\\)".*/\\1/' "$F")
       openssl dgst -sha256 -verify keys/$KEY.pem -signature signature body    # Verified OK

   The name of a key is the SHA-256 of its bytes, so another key cannot carry the same name:

       openssl pkey -pubin -in keys/$KEY.pem -outform DER | sha256sum

   Compare this name, or a checkpoint, with what you received earlier and by another route (a mail,
   a letter, another account). Only this comparison shows that nobody made up the whole bundle later
   with a key of their own.
"""

CASE_README: Final = (
    _CHECK_FILES.replace("CHECKPOINTS", "checkpoints")
    + """
3. The checkpoint covers each event.
   events/<index>.json has the exact bytes of an event. With I as its index in 12 digits, its leaf
   hash is

       H=$( (printf '\\000'; cat events/$I.json) | sha256sum | cut -d' ' -f1)

   proofs/<index>.json has "path": the hashes from the leaf to the root. Start at the leaf with
   n = index and m = size - 1. For each hash P of the path:
   - if n is odd, or n = m: H becomes sha256(01 P H); then, while n is even and not 0, halve
     both n and m;
   - otherwise H becomes sha256(01 H P);
   - then halve both n and m, rounding down.
   One such step in the shell:

       H=$(printf "$(echo 01$P$H | sed 's/../\\\\x&/g')" | sha256sum | cut -d' ' -f1)

   At the end H must equal the "root" of the checkpoint whose "size" the proof names.

4. The events form one chain without gaps.
   The first event has "sequence" 1. The "previous" of each later event is the SHA-256 of the bytes
   of the event before it:

       sha256sum events/$I.json

   Where the keeper changed the signing key, events/ also has the key:rotated events. They belong to
   the chain "system". The other events of that chain are not in this bundle.

5. The typed text is the text that was sealed.
   An event holds a private part as ciphertext, with a "commitment". Where this edition contains the
   plaintext, its SHA-256 must equal the private.commitment of the event:

       sha256sum openings/<sequence, 6 digits>.json

   An edition for another reader may contain fewer openings. The events and all hashes are the same.

6. The bundle contains the files that the record relied on.
   An event names the SHA-256 of every file under policies/, decisions/ and exports/.

7. The decision is one of the decisions of its evaluation.
   decision/line.json, where this edition has it, is a leaf as in step 3. decision/proof.json leads
   from it to the "decisions_root" of the evaluation:completed event under events/.

8. The decision follows from the reported figures.
   decision/facts/<period>.json and decision/person.json are the rows about the rep, as the product
   read them. Each is a leaf as in step 3. The "path" in its .proof.json leads to "root". The text
   {"root":"...","shard":"...","size":...} with the values of the proof is again a leaf, and
   "shard_path" leads from it to "roots" of the facts:recorded or directory:recorded event under
   events/. evaluation:completed names the SHA-256 of decision/policy.json and
   decision/population.json. Anybody can work out decision/line.json from these files by hand;
   `plumbline verify` does it.

Three files help you read the bundle and prove nothing: this text, chronicle.html, names.json.

What this bundle does not prove:
- that no event followed the last event here (a bundle of the whole ledger shows that);
- that the information that people and systems entered was true.
"""
)

LEDGER_README: Final = (
    _CHECK_FILES.replace("CHECKPOINTS", "ledger/checkpoints")
    + """
3. The checkpoints form one chain.
   The "previous" of each checkpoint is the SHA-256 of the signed bytes (`body` above) of the
   checkpoint before it. "number" counts from 0.

4. The checkpoints cover the events.
   ledger/segments/<first>-<last>.jsonl have one event per line. The index of an event is the
   position of its line in all segments, read one after another and counted from 0. The root of a
   checkpoint is the Merkle tree hash of RFC 9162, section 2.1.1, with SHA-256, over the first
   "size" lines without their line ends.

5. The events of each "subject" form one chain.
   "sequence" counts from 1. The "previous" of each event is the SHA-256 of the event before it.

6. An outside authority confirms when a checkpoint existed.
   ledger/timestamps/<size>-<number>.tsr, where there are any, are time stamps (RFC 3161) over the
   checkpoint file of the same name. Obtain the certificate of the authority's CA from the authority:

       openssl ts -verify -data ledger/checkpoints/S-N.json -in ledger/timestamps/S-N.tsr -CAfile ca.pem

The events under unsealed/ were recorded, but no checkpoint covers them yet.

What this bundle does not prove: that the information that people and systems entered was true.
"""
)

PERIOD_README: Final = (
    _CHECK_FILES.replace("CHECKPOINTS", "checkpoints")
    + """
3. Each folder under cases/ is the evidence of one case.
   It has a README.txt and a manifest of its own. Its only checkpoint is the latest one under
   checkpoints/ here:

       cmp cases/CASE/checkpoints/*.json checkpoints/LATEST.json

4. events/ has the events of each evaluation of the period.
   Check their proofs under proofs/ as step 3 of a case's README.txt explains. consistency/ shows
   that each checkpoint grew from the one before it.

What this bundle does not prove:
- that every case of the period is here (a bundle of the whole ledger shows that);
- that the information that people and systems entered was true.
"""
)
