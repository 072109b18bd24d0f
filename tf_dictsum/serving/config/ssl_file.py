"""The TLS file (--ssl_config_file) of tensorflow_model_server: keys and certificates as text
inside the file.
"""

import dataclasses

from google.protobuf import text_format

from tf_dictsum.serving.config.text_protos import SSLConfig, at, read_message
from tf_dictsum.util.errors import UserError

__all__ = ["TLS", "read_ssl", "ssl_text"]


@dataclasses.dataclass(frozen=True)
class TLS:
    """What a server needs for TLS; PEM text each.

    Attributes:
      server_key: private key.
      server_cert: certificate chain.
      custom_ca: authorities whose client certificates are accepted; "" for none.
      client_verify: whether clients must show a certificate.
    """

    server_key: str = dataclasses.field(repr=False)
    server_cert: str
    custom_ca: str = ""
    client_verify: bool = False


def read_ssl(path: str) -> TLS:
    """Reads and checks a TLS file.

    Raises:
      UserError: names file, line, field and finding; never shows a key.
    """
    message, text = read_message(path, SSLConfig())
    for name, kind in (
        ("server_key", "PRIVATE KEY-----"),
        ("server_cert", "CERTIFICATE-----"),
        ("custom_ca", "CERTIFICATE-----"),
    ):
        value = getattr(message, name)
        if not value and name == "custom_ca":
            continue
        if not value:
            raise UserError(f"{path}: {name} is missing; put the PEM text there.")
        if "-----BEGIN " not in value or kind not in value:
            remedy = 'put the file\'s text there, its line ends written as \\n: server_key: "-----BEGIN ...\\n..."'  # noqa: E501
            raise UserError(
                f"{at(path, text, name)}: not the PEM text of a {kind.strip('-').lower()} (a "
                f"file name is not read); {remedy}."
            )
    if message.client_verify and not message.custom_ca:
        where = at(path, text, "client_verify")
        raise UserError(
            f"{where}: true, but custom_ca is missing; put the certificate there that signs the "
            "clients' certificates."
        )
    return TLS(message.server_key, message.server_cert, message.custom_ca, message.client_verify)


def ssl_text(tls: TLS) -> str:
    """The file's text; `read_ssl` gives the same values back."""
    return text_format.MessageToString(SSLConfig(**dataclasses.asdict(tls)))
