"""conanfile.py: packages nanopb in the layout of ConanCenter, from the sources of port/deps. Tests without a network use it.

    conan create tests/build/conan/nanopb -tf ''"""
from pathlib import Path

from conan import ConanFile
from conan.tools.files import copy


class Nanopb(ConanFile):
    name, version = "nanopb", "0.4.9.1"
    settings = "os", "arch", "compiler", "build_type"
    package_type = "static-library"

    def export_sources(self):
        copy(self, "pb*.[ch]", str(Path(self.recipe_folder).parents[3] / "port/deps/src/nanopb"), self.export_sources_folder)

    def build(self):
        self.run(f"cc -fPIC -O2 -c {self.source_folder}/pb_*.c && ar rcs libprotobuf-nanopb.a pb_*.o")

    def package(self):
        copy(self, "*.h", self.source_folder, str(Path(self.package_folder) / "include/nanopb"))
        copy(self, "*.a", self.build_folder, str(Path(self.package_folder) / "lib"))

    def package_info(self):
        self.cpp_info.libs = ["protobuf-nanopb"]
        self.cpp_info.includedirs = ["include", "include/nanopb"]
        self.cpp_info.set_property("cmake_target_name", "nanopb::nanopb")
