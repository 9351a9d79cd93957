#!/usr/bin/python3
"""certs.py: a throw-away CA and certificates, right and wrong in one way each, made by the openssl command.

Invariant: a folder of certificates is complete. It is used for at most 20 days and its certificates are valid for 60.
As a command: prints the folder. Arguments: ec (default) or rsa.

Files of a kind X of KINDS: X.pem (leaf, then intermediate if any), X.der, X.key (PEM), X.key.der.
ca.* is the right authority, other.* the wrong one. empty.pem is a bundle without a certificate."""
import hashlib
import subprocess
import sys
import time
from collections import namedtuple
from datetime import datetime, timedelta, timezone
from pathlib import Path

import folders

SANS = "DNS:localhost,IP:127.0.0.1,IP:::1,IP:10.0.2.2"  # the last: the host, as a QEMU guest sees it
SERVER, CLIENT, AUTHORITY = "server", "client", "authority"
# kind: (issuer, alternative names, first and last day from now, purpose)
KINDS = {
    "intermediate": ("ca", None, -1, 60, AUTHORITY),
    "good": ("ca", SANS, -1, 60, SERVER),
    "chain": ("intermediate", SANS, -1, 60, SERVER),
    "wrong_host": ("ca", "DNS:elsewhere.example", -1, 60, SERVER),
    "no_san": ("ca", None, -1, 60, SERVER),  # only the common name says localhost, which RFC 9525 retired
    "expired": ("ca", SANS, -30, -2, SERVER),
    "not_yet": ("ca", SANS, 30, 60, SERVER),
    "other_ca": ("other", SANS, -1, 60, SERVER),
    "self_signed": (None, SANS, -1, 60, SERVER),
    "client_as_server": ("ca", SANS, -1, 60, CLIENT),
    "client": ("ca", "DNS:device-1", -1, 60, CLIENT),
    "client_other_ca": ("other", "DNS:device-1", -1, 60, CLIENT),
    "client_expired": ("ca", "DNS:device-1", -30, -2, CLIENT),
}
PURPOSES = {
    SERVER: "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n"
            "extendedKeyUsage=serverAuth\n",
    CLIENT: "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
            "extendedKeyUsage=clientAuth\n",
    AUTHORITY: "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n",
}
CA_CONFIG = """[ca]
default_ca=here
[here]
database=index.txt
serial=serial
new_certs_dir=.
default_md=sha256
policy=any
unique_subject=no
[any]
commonName=supplied
"""

Cert = namedtuple("Cert", "kind pem der key key_der ca_pem ca_der")


def run(folder, *args):
    done = subprocess.run(["openssl", *args], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(args)}:\n{done.stdout.decode(errors='replace')}")


def make_key(folder, name, algorithm):
    options = (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"] if algorithm == "ec"
               else ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
    run(folder, "genpkey", *options, "-out", f"{name}.key")
    (folder / f"{name}.key").chmod(0o600)
    # Small TLS libraries everywhere can read the traditional form.
    run(folder, "pkey", "-in", f"{name}.key", "-traditional", "-outform", "DER", "-out", f"{name}.key.der")


def stamp(days):
    return (datetime.now(timezone.utc) + timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")


def issue(folder, name, issuer, sans, first_day, last_day, purpose, algorithm, subject):
    make_key(folder, name, algorithm)
    extensions = PURPOSES[purpose] + "subjectKeyIdentifier=hash\n"
    if sans:
        extensions += f"subjectAltName={sans}\n"
    (folder / "ext.cnf").write_text(extensions)
    run(folder, "req", "-new", "-key", f"{name}.key", "-subj", f"/CN={subject}", "-out", "leaf.csr")
    signer = ["-selfsign", "-keyfile", f"{name}.key"] if issuer is None else [
        "-cert", f"{issuer}.pem", "-keyfile", f"{issuer}.key"]
    run(folder, "ca", "-batch", "-notext", "-config", "ca.cnf", "-in", "leaf.csr", "-out", f"{name}.pem",
        "-startdate", stamp(first_day), "-enddate", stamp(last_day), "-extfile", "ext.cnf", *signer)
    run(folder, "x509", "-in", f"{name}.pem", "-outform", "DER", "-out", f"{name}.der")


def fill(folder, algorithm):
    (folder / "ca.cnf").write_text(CA_CONFIG)
    (folder / "index.txt").write_text("")
    (folder / "serial").write_text("1000\n")
    (folder / "empty.pem").write_text("# no certificate in here\n")
    for name in ("ca", "other"):
        issue(folder, name, None, None, -40, 60, AUTHORITY, algorithm, f"uspan test CA {name}")
    for kind, (issuer, sans, first_day, last_day, purpose) in KINDS.items():
        subject = {SERVER: "localhost", CLIENT: "device-1", AUTHORITY: "uspan test intermediate"}[purpose]
        subject = "elsewhere.example" if kind == "wrong_host" else subject
        issue(folder, kind, issuer, sans, first_day, last_day, purpose, algorithm, subject)
    with open(folder / "chain.pem", "ab") as chain:
        chain.write((folder / "intermediate.pem").read_bytes())
    for made in [folder / "ext.cnf", folder / "leaf.csr", *folder.glob("1*.pem"), *folder.glob("index.*"),
                 *folder.glob("serial*"), folder / "ca.cnf"]:
        made.unlink(missing_ok=True)


# Read once, so that all certificates of a process are from one folder, also at the end of a period.
PERIOD = int(time.time() // (20 * 86400))


def directory(algorithm="ec"):
    """The folder with all certificates of one key algorithm, "ec" (P-256) or "rsa" (2048 bits)."""
    if algorithm not in ("ec", "rsa"):
        raise ValueError(f"certs.py: ec or rsa, not {algorithm}")
    made_from = Path(__file__).read_bytes() + f"{algorithm} {PERIOD}".encode()
    name = f"certs-{algorithm}-{hashlib.sha256(made_from).hexdigest()[:16]}"
    return folders.install(folders.build_dir() / name, lambda folder: fill(folder, algorithm))


def get(kind="good", algorithm="ec"):
    """One certificate as paths. ca_pem, ca_der: the anchor that a correctly configured peer trusts, for every kind."""
    folder = directory(algorithm)
    if kind not in KINDS:
        raise ValueError(f"certs.py: no kind {kind}; there are {', '.join(KINDS)}")
    return Cert(kind, *[folder / f"{kind}{end}" for end in (".pem", ".der", ".key", ".key.der")],
                folder / "ca.pem", folder / "ca.der")


if __name__ == "__main__":
    print(directory(*sys.argv[1:2]))
