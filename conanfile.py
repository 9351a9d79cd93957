"""conanfile.py: uspan as a Conan 2 package. nanopb is a requirement. TLS needs mbedTLS and is an option.

    conan create . -tf tests/build/conan"""
import re
from pathlib import Path

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy


class Uspan(ConanFile):
    name = "uspan"
    description = "OpenTelemetry tracing for microcontrollers that run AI agents"
    license = "Apache-2.0"
    topics = ("opentelemetry", "tracing", "otlp", "embedded", "llm")
    settings = "os", "arch", "compiler", "build_type"
    options = {"tls": [True, False], "fPIC": [True, False]}
    default_options = {"tls": False, "fPIC": True}
    exports_sources = ("CMakeLists.txt", "LICENSE", "core/*", "proto/*", "examples/backends/*", "port/*", "!port/deps/src/*")
    package_type = "static-library"

    def set_version(self):
        text = (Path(self.recipe_folder) / "core/include/uspan/uspan.h").read_text()
        self.version = re.search(r'^#define USPAN_VERSION "(.*)"', text, re.M)[1]

    def configure(self):
        self.settings.rm_safe("compiler.cppstd")  # it has C sources only
        self.settings.rm_safe("compiler.libcxx")

    def requirements(self):
        self.requires("nanopb/[>=0.4.9 <0.5]")
        if self.options.tls:
            self.requires("mbedtls/[>=3.6 <4]", transitive_headers=True)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        nanopb = self.dependencies["nanopb"].cpp_info.aggregated_components()
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables.update({
            "USPAN_TESTS": False, "USPAN_EXAMPLES": False, "USPAN_INSTALL": True, "USPAN_TLS": bool(self.options.tls),
            "USPAN_PIC": bool(self.options.fPIC), "USPAN_NANOPB_DIR": "system",
            "USPAN_NANOPB_INCLUDE": self._folder_with(nanopb.includedirs, "pb_encode.h"),
            "USPAN_NANOPB_LIBRARY": self._library(nanopb)})
        if self.options.tls:
            mbedtls = self.dependencies["mbedtls"].cpp_info.aggregated_components()
            toolchain.cache_variables.update({
                "USPAN_MBEDTLS_DIR": "system", "USPAN_MBEDTLS_INCLUDE": self._folder_with(mbedtls.includedirs, "mbedtls/ssl.h"),
                **{f"USPAN_LIB_{part}": self._library(mbedtls, part) for part in ("mbedtls", "mbedx509", "mbedcrypto")}})
        toolchain.generate()
        CMakeDeps(self).generate()

    @staticmethod
    def _folder_with(folders, header):
        every = (path for folder in folders for path in (Path(folder), Path(folder) / "nanopb"))
        return next(str(path) for path in every if (path / header).exists())

    @staticmethod
    def _library(info, name="protobuf-nanopb"):
        return next(str(path) for folder in info.libdirs for path in sorted(Path(folder).iterdir())
                    if path.stem in (name, f"lib{name}"))

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, str(Path(self.package_folder) / "licenses"))

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "uspan")

        def component(name, *requires, folder=None):
            one = self.cpp_info.components[name]
            one.set_property("cmake_target_name", f"uspan::{name}")
            one.libs, one.requires = [f"uspan_{name}"], list(requires)
            one.includedirs = ["include"] + ([f"include/uspan_port/{folder}"] if folder else [])
            one.defines = ['USPAN_USER_CONFIG="uspan_settings.h"']
            return one
        component("core", "nanopb::nanopb")
        component("genai", "core")
        over = ["core"]
        if self.settings.os in ("Linux", "Macos", "FreeBSD"):
            component("port_posix", "core", folder="posix").system_libs = ["pthread"]
            over = ["port_posix"]
        if self.options.tls:
            component("mbedtls", *over, "mbedtls::mbedtls", folder="mbedtls")
