"""Who is told of alerts: a mail server, and a web server that answers as Slack's webhooks do."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Mailbox:
    """The e-mails that have arrived at its address, the oldest first."""

    address: str
    messages: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        """Take an e-mail in."""
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 OK"

    def about(self, subject: str) -> list[EmailMessage]:
        """The e-mails with this subject."""
        return [message for message in self.messages if message["Subject"] == subject]


@contextmanager
def mail_server(port: int) -> Iterator[Mailbox]:
    """An SMTP server that wants neither TLS nor a password."""
    mailbox = Mailbox(f"127.0.0.1:{port}")
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield mailbox
    finally:
        server.stop()


def text_of(message: EmailMessage, kind: str) -> str:
    """The part of an e-mail that is `plain` or `html`."""
    part = message.get_body((kind,))
    assert part, f"no {kind} part"
    return str(part.get_content()).replace("\r\n", "\n")


def links_of(message: EmailMessage) -> dict[str, str]:
    """The links of an e-mail's HTML: what is written to where it leads."""
    found = re.findall(r'<a href="([^"]*)">([^<]*)</a>', text_of(message, "html"))
    return {words: html.unescape(address) for address, words in found}


@dataclass
class Slack:
    """The messages that have arrived at its address, the oldest first."""

    address: str
    messages: list[dict[str, Any]] = field(default_factory=list)

    def about(self, title: str) -> list[dict[str, Any]]:
        """The messages whose only attachment has this title."""
        return [message for message in self.messages if [a["title"] for a in message["attachments"]] == [title]]


@contextmanager
def slack_server(port: int) -> Iterator[Slack]:
    """A server whose incoming webhook takes everything."""
    slack = Slack(f"http://127.0.0.1:{port}/services/T0/B0/secret")

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            slack.messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class's name
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", port), Webhook) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        try:
            yield slack
        finally:
            server.shutdown()
            serving.join()
