"""Downloads a file as the reference implementation's client does: read.py ROOT URL NAME."""

import sys
import tempfile

from tuf.ngclient import Updater

root, url, name = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder, open(root, "rb") as file:
    updater = Updater(folder, f"{url}/", folder, f"{url}/targets/", bootstrap=file.read())
    info = updater.get_targetinfo(name)
    if info is None:
        sys.exit("no such target")
    with open(updater.download_target(info, f"{folder}/file"), "rb") as found:
        sys.stdout.buffer.write(found.read())
