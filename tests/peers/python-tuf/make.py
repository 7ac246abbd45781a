"""Makes a TUF repository in a folder: make.py FOLDER EXPIRES (seconds since 1970).

One key of each kind, a root that was rotated, a delegated role, hashes of metadata.
"""

import os
import sys
from datetime import datetime, timezone

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

folder, expires = sys.argv[1], datetime.fromtimestamp(int(sys.argv[2]), timezone.utc)


def save(name, content):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
    return content


def sign(signed, signers):
    metadata = Metadata(signed)
    for signer in signers:
        metadata.sign(signer, append=True)
    return metadata.to_bytes()


def target(path, content, by):
    info = TargetFile.from_data(path, content, ["sha256", "sha512"])
    by.targets[path] = info
    head, name = os.path.split(path)
    for hash_ in info.hashes.values():
        save(os.path.join("targets", head, f"{hash_}.{name}"), content)


rsa, ecdsa = CryptoSigner.generate_rsa(), CryptoSigner.generate_ecdsa()
ed25519, other = CryptoSigner.generate_ed25519(), CryptoSigner.generate_ecdsa()

root = Root(expires=expires, consistent_snapshot=True)
root.add_key(rsa.public_key, "root")
root.add_key(ecdsa.public_key, "timestamp")
root.add_key(ed25519.public_key, "snapshot")
for signer in (rsa, ecdsa, ed25519):
    root.add_key(signer.public_key, "targets")
root.roles["targets"].threshold = 3
save("1.root.json", sign(root, [rsa]))
root.version = 2
root.revoke_key(rsa.public_key.keyid, "root")
root.add_key(other.public_key, "root")
root.unrecognized_fields["x-owner"] = "Zoë \"\\ \n"
save("2.root.json", sign(root, [rsa, other]))

delegated = Targets(expires=expires)
target("dir/file.txt", b"delegated", delegated)
targets = Targets(expires=expires)
target("trusted_root.json", b"trusted", targets)
role = DelegatedRole("a role/with a name", [], 1, True, paths=["dir/*.txt"])
targets.delegations = Delegations({}, {role.name: role})
targets.add_key(ed25519.public_key, role.name)

snapshot = Snapshot(expires=expires)
for name, quoted, signed, signers in [
    ("targets", "targets", targets, [rsa, ecdsa, ed25519]),
    (role.name, "a%20role%2Fwith%20a%20name", delegated, [ed25519]),
]:
    content = save(f"1.{quoted}.json", sign(signed, signers))
    snapshot.meta[f"{name}.json"] = MetaFile.from_data(1, content, ["sha256"])
timestamp = Timestamp(expires=expires)
timestamp.snapshot_meta = MetaFile.from_data(1, save("1.snapshot.json", sign(snapshot, [ed25519])), ["sha256"])
save("timestamp.json", sign(timestamp, [ecdsa]))
