"""How a client reaches a model server: address, TLS, message sizes."""

import dataclasses
import pathlib
from typing import TYPE_CHECKING

from tf_dictsum.util.errors import UserError

if TYPE_CHECKING:
    import grpc

__all__ = ["Connection", "open_channel"]


@dataclasses.dataclass(frozen=True)
class Connection:
    """Where the server listens and how to talk to it.

    Attributes:
      server: HOST:PORT of its gRPC port, or unix:PATH.
      tls: whether to use TLS; also implied by any of the files.
      ca_file: PEM file of the authorities to trust; "": those of the machine.
      client_cert_file, client_key_file: PEM files to show to a server that asks for a certificate;
        both or none.
      tls_server_name: name that the server's certificate must carry, where it differs from HOST.
      max_message_bytes: largest message to send or receive; -1: no limit (gRPC's own limit for
        received ones is 4 MB).
    """

    server: str
    tls: bool = False
    ca_file: str = ""
    client_cert_file: str = ""
    client_key_file: str = ""
    tls_server_name: str = ""
    max_message_bytes: int = -1

    def __post_init__(self) -> None:
        host, colon, port = self.server.rpartition(":")
        if not self.server.startswith("unix:") and not (
            host and colon and port.isdigit() and 0 < int(port) < 65536
        ):
            raise UserError(
                f"server={self.server}: expected HOST:PORT of a gRPC port, such as 127.0.0.1:8500."
            )
        if bool(self.client_cert_file) != bool(self.client_key_file):
            raise UserError(
                "`client_cert_file` and `client_key_file` belong together; give both or none."
            )

    @property
    def secure(self) -> bool:
        """Whether TLS is used."""
        return self.tls or bool(self.ca_file or self.client_cert_file or self.tls_server_name)


def open_channel(connection: Connection) -> "grpc.Channel":
    """A grpc.Channel; nothing is sent yet.

    Raises:
      UserError: a certificate file cannot be read or gRPC refuses it.
    """
    import grpc

    options: list[tuple[str, int | str]] = [
        ("grpc.max_send_message_length", connection.max_message_bytes),
        ("grpc.max_receive_message_length", connection.max_message_bytes),
        (
            "grpc.max_reconnect_backoff_ms",
            2000,
        ),  # gRPC's two minutes would outlast a server's restart
    ]
    if not connection.secure:
        return grpc.insecure_channel(connection.server, options)
    if connection.tls_server_name:
        options.append(("grpc.ssl_target_name_override", connection.tls_server_name))
    files = (connection.ca_file, connection.client_key_file, connection.client_cert_file)
    credentials = grpc.ssl_channel_credentials(*(_pem(path) for path in files))
    return grpc.secure_channel(connection.server, credentials, options)


def _pem(path: str) -> bytes | None:
    if not path:
        return None
    try:
        found = pathlib.Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot read it: {error.strerror or error}.") from None
    if b"-----BEGIN " not in found:
        raise UserError(f"{path}: not a PEM file.")
    return found
