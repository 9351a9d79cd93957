"""authority.py: makes certificates of each algorithm, and renewed or cross-signed chains, for the part `tls`.

Invariant: they are made in one folder for one run. Every leaf is for localhost and 127.0.0.1, and is valid now."""
import subprocess
from datetime import datetime, timedelta, timezone

KEYS = {"RSA-2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        "RSA-4096": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"],
        "P-256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        "P-384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]}
CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
LEAF = "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n"
CONFIG = ("[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n"
          "unique_subject=no\n[p]\ncommonName=supplied\n")


class Authority:
    """anchor: the file to trust. leaf(algorithm): (chain, key). chains: {name: (chain, key)}, all with P-256 keys."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (("c", CONFIG), ("index", ""), ("serial", "01\n")):
            (folder / name).write_text(text)
        for name in ("ca", "rogue"):
            self.issue(name, name, name, None, CA, 30)
        self.anchor = folder / "ca.pem"
        self.leaves = {}
        for algorithm in KEYS:
            self.issue(algorithm, "localhost", algorithm, "ca", LEAF, 30, algorithm)
            self.leaves[algorithm] = (folder / f"{algorithm}.pem", folder / f"{algorithm}.key")
        self.issue("mid", "mid", "mid", "ca", CA, 30)
        self.issue("mid_old", "mid", "mid", "ca", CA, -1)
        self.issue("mid_x", "mid", "mid", "rogue", CA, 30)
        self.issue("below", "localhost", "below", "mid", LEAF, 30)
        self.chains = {name: self.chain(name, parts) for name, parts in {
            "an intermediate": ("below", "mid"), "renewed, the old one first": ("below", "mid_old", "mid"),
            "cross-signed, the unknown one first": ("below", "mid_x", "mid"),
            "cross-signed with its root": ("below", "mid_x", "rogue", "mid")}.items()}

    def run(self, *words):
        done = subprocess.run(["openssl", *map(str, words)], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise RuntimeError(f"openssl {words}: {done.stdout.decode(errors='replace')}")

    def issue(self, name, subject, key, issuer, extensions, days, algorithm="P-256"):
        if not (self.folder / f"{key}.key").exists():
            self.run("genpkey", *KEYS[algorithm], "-out", f"{key}.key")
        (self.folder / "ext").write_text(extensions)
        self.run("req", "-new", "-key", f"{key}.key", "-subj", f"/CN={subject}", "-out", "csr")
        signer = ["-selfsign", "-keyfile", f"{key}.key"] if issuer is None else ["-cert", f"{issuer}.pem", "-keyfile",
                                                                                 f"{issuer}.key"]
        now = datetime.now(timezone.utc)
        first, last = ((now + timedelta(days=d)).strftime("%Y%m%d%H%M%SZ") for d in (min(days, 0) - 20, days))
        self.run("ca", "-batch", "-notext", "-config", "c", "-in", "csr", "-out", f"{name}.pem", "-startdate", first,
                 "-enddate", last, "-extfile", "ext", *signer)

    def chain(self, name, parts):
        path = self.folder / f"{name.replace(' ', '_').replace(',', '')}.pem"
        path.write_bytes(b"".join((self.folder / f"{part}.pem").read_bytes() for part in parts))
        return path, self.folder / f"{parts[0]}.key"

    def store(self, chain, key):
        """The certificate and key as PKCS12, for Java."""
        path = chain.with_suffix(".p12")
        self.run("pkcs12", "-export", "-in", chain, "-inkey", key, "-out", path, "-passout", "pass:uspan-test")
        return path
