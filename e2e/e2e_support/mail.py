"""An SMTP server that keeps what it is given."""

from __future__ import annotations

import email
import email.policy
import re
import socketserver
import threading
import time
from email.message import EmailMessage


class Mailbox:
    """Takes mails on a port of its own until it is closed."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        mailbox = self

        class Conversation(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.say("220 mailbox")
                while line := self.rfile.readline():
                    verb = line.decode().strip().split(" ")[0].split(":")[0].upper()
                    if verb == "DATA":
                        self.say("354 go on")
                        mailbox.keep(self.message())
                        self.say("250 taken")
                    elif verb == "QUIT":
                        return self.say("221 bye")
                    else:
                        self.say("250 fine")
                return None

            def say(self, line: str) -> None:
                self.wfile.write(f"{line}\r\n".encode())

            def message(self) -> bytes:
                lines = []
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(line[1:] if line.startswith(b"..") else line)
                return b"".join(lines)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def config(self) -> dict:
        """The program's section that leads here."""
        return {
            "host": "127.0.0.1",
            "port": self.server.server_address[1],
            "security": "none",
            "from": "NoCode AI <ai@example.org>",
        }

    def keep(self, message: bytes) -> None:
        self.mails.append(email.message_from_bytes(message, policy=email.policy.default))

    def wait(self, recipient: str, count: int = 1, timeout: float = 10.0) -> EmailMessage:
        """The `count`-th mail to somebody."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            mails = [mail for mail in self.mails if mail["to"] == recipient]
            if len(mails) >= count:
                return mails[count - 1]
            time.sleep(0.02)
        raise AssertionError(f"no mail {count} to {recipient}; there are {[m['to'] for m in self.mails]}")

    @staticmethod
    def token(mail: EmailMessage) -> str:
        """The secret part of the link in a mail."""
        body = mail.get_body(("plain",))
        assert body, mail
        found = re.search(r"token=([\w-]+)", body.get_content())
        assert found, body.get_content()
        return found[1]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
