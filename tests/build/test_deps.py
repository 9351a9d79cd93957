"""test_deps.py: runs fetch.sh and setup.sh with an apt-get that gives wrong files, is missing or has nothing to do. No
network."""
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402

DEPS = sources.ROOT / "port/deps"
TOOLS = ("sh awk cat cut dirname flock grep head id ls mkdir mv rm sed sha256sum sort tar gzip xz bzip2 env printf tail").split()
# The requests to apt-get: the address of the mirror, an update, and a tarball into the working directory.
FAKE_APT = """#!/bin/sh
echo "$*" >>"$FAKE_LOG"
case "$*" in
*indextargets*) echo "http://mirror.invalid/debian bookworm main"; echo "http://other.invalid/x bookworm-security main" ;;
*update*) exit "${FAKE_UPDATE:-0}" ;;
*source*) cp "$FAKE_TARBALL" "./$FAKE_NAME" ;;
*) exit 3 ;;
esac
"""


class Deps(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        for tool in TOOLS + ["cp"]:
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.log = self.folder / "log"
        self.tarball = self.folder / "some.tar.gz"
        (self.folder / "pb.h").write_text("upstream\n")
        with tarfile.open(self.tarball, "w:gz") as tar:
            tar.add(self.folder / "pb.h", "nanopb-0.4.9/pb.h")

    def fake_apt(self):
        (self.bin / "apt-get").write_text(FAKE_APT)
        (self.bin / "apt-get").chmod(0o755)

    def fetch(self, *names, tarball_name="nanopb_0.4.9.1.orig.tar.gz", **more):
        env = {"PATH": str(self.bin), "USPAN_DEPS_DIR": str(self.folder / "src"), "FAKE_LOG": str(self.log),
               "FAKE_TARBALL": str(self.tarball), "FAKE_NAME": tarball_name, **more}
        return subprocess.run([DEPS / "fetch.sh", *names], env=env, capture_output=True, text=True)

    def test_without_apt_the_cure_is_named(self):
        done = self.fetch("nanopb")
        self.assertEqual(done.returncode, 1)
        for cure in ("apt-get is missing", "USPAN_NANOPB_DIR", "USPAN_MBEDTLS_DIR", "USPAN_LWIP_DIR"):
            self.assertIn(cure, done.stderr)

    def test_a_tarball_with_another_hash_is_refused_and_nothing_is_left(self):
        self.fake_apt()
        done = self.fetch("nanopb")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "SHA-256 is [0-9a-f]{64}, pinned is [0-9a-f]{64}")
        self.assertFalse((self.folder / "src/nanopb").exists())

    def test_a_newer_patch_release_is_taken_and_said_aloud(self):
        self.fake_apt()
        done = self.fetch("nanopb", tarball_name="nanopb_0.4.9.2.orig.tar.gz")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("instead of the pinned nanopb_0.4.9.1.orig.tar.gz", done.stdout)
        self.assertEqual((self.folder / "src/nanopb/pb.h").read_text(), "upstream\n")

    def test_another_series_is_refused(self):
        self.fake_apt()
        done = self.fetch("nanopb", tarball_name="nanopb_0.5.0.orig.tar.gz")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not of series 0.4.9", done.stderr)

    def test_a_second_run_asks_apt_nothing(self):
        self.fake_apt()
        self.fetch("nanopb", tarball_name="nanopb_0.4.9.2.orig.tar.gz")
        asked = self.log.read_text()
        done = self.fetch("nanopb")
        self.assertEqual((done.returncode, done.stdout, self.log.read_text()), (0, "", asked))

    def test_the_mirror_is_the_systems_and_no_script_names_a_host(self):
        self.fake_apt()
        self.fetch("nanopb", tarball_name="nanopb_0.4.9.2.orig.tar.gz")
        lines = (self.folder / "src/.apt/sources.list").read_text().splitlines()
        self.assertTrue(lines)
        for line in lines:
            self.assertRegex(line, r"^deb(-src)? \[signed-by=/usr/share/keyrings/\S+\] http://mirror\.invalid/debian ")
        self.assertTrue({"fetch.sh", "setup.sh", "pins"} <= {path.name for path in DEPS.glob("*")})
        for script in DEPS.glob("*"):
            if script.is_file():
                self.assertEqual(re.findall(r"https?://|\w+\.(?:org|com|net)\b", script.read_text()), [])

    def test_a_failing_update_shows_apts_words_and_the_cure(self):
        self.fake_apt()
        done = self.fetch("nanopb", FAKE_UPDATE="100")
        self.assertEqual(done.returncode, 1)
        self.assertIn("USPAN_NANOPB_DIR", done.stderr)

    def test_an_unknown_name_is_refused(self):
        self.assertIn("unknown name: zlib", self.fetch("zlib").stderr)

    def test_setup_elsewhere_than_debian_names_what_is_needed(self):
        done = subprocess.run([DEPS / "setup.sh", "demo"], env={"PATH": str(self.bin)}, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0)
        self.assertIn("not Debian", done.stdout)
        self.assertIn("python3-protobuf", done.stdout)

    def test_setup_with_everything_there_is_silent(self):
        (self.bin / "dpkg-query").write_text("#!/bin/sh\nprintf installed\n")
        (self.bin / "dpkg-query").chmod(0o755)
        self.fake_apt()
        done = subprocess.run([DEPS / "setup.sh", "all"], env={"PATH": str(self.bin), "FAKE_LOG": str(self.log)},
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr, self.log.exists()), (0, "", "", False))

    def test_setup_without_root_names_the_command(self):
        (self.bin / "id").unlink()
        (self.bin / "id").write_text("#!/bin/sh\necho 1000\n")
        (self.bin / "id").chmod(0o755)
        (self.bin / "dpkg-query").write_text("#!/bin/sh\nexit 1\n")
        (self.bin / "dpkg-query").chmod(0o755)
        self.fake_apt()
        done = subprocess.run([DEPS / "setup.sh", "demo"], env={"PATH": str(self.bin), "FAKE_LOG": str(self.log)},
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"as root: apt-get install .*\bcmake\b")


if __name__ == "__main__":
    unittest.main()
