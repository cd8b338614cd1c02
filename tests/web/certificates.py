"""Certificates made for a test."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_END = dt.datetime(2120, 1, 1, tzinfo=dt.UTC)
_HERE = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, each in a file."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """A root that certifies others."""

    folder: Path
    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    root: Path

    @classmethod
    def made_in(cls, folder: Path, name: str) -> Authority:
        """A root of this name, whose certificate is in the folder."""
        key, named = ec.generate_private_key(ec.SECP256R1()), _named(name)
        made = cls(folder, named, key, folder / f"{name}.crt")
        certificate = made.signed(key, named, x509.BasicConstraints(ca=True, path_length=None))
        made.root.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return made

    def pair(self, name: str, passphrase: bytes | None = None) -> Pair:
        """A certificate for 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        files = Pair(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        files.certificate.write_bytes(self.signed(key, _named(name), _HERE).public_bytes(serialization.Encoding.PEM))
        lock = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
        written = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
        files.key.write_bytes(written)
        return files

    def signed(
        self, key: ec.EllipticCurvePrivateKey, name: x509.Name, extension: x509.ExtensionType
    ) -> x509.Certificate:
        """A certificate of the key."""
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(self.name).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(_START).not_valid_after(_END)
        return builder.add_extension(extension, critical=True).sign(self.key, hashes.SHA256())


@dataclass(frozen=True)
class Certificates:
    """A root, a server and a client that it certified, and someone else's root and client."""

    authority: Authority
    root: Path
    server: Pair
    client: Pair
    strange_root: Path
    stranger: Pair
    locked: Pair

    @classmethod
    def made_in(cls, folder: Path) -> Certificates:
        """All of them."""
        known, strange = Authority.made_in(folder, "known"), Authority.made_in(folder, "strange")
        locked = known.pair("locked", passphrase=b"hunter2")
        pairs = known.pair("server"), known.pair("client")
        return cls(known, known.root, *pairs, strange.root, strange.pair("stranger"), locked)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
