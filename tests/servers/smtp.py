"""SMTP servers that behave as a file says, one for each address, and policy hosts of MTA-STS.

usage: smtp.py CONFIG READY; CONFIG is a list of objects in JSON; READY is made once all of them listen.
A server with "taken" adds a line of JSON to that file for each mail. One with "resumes" resumes TLS sessions.
One with "policies" speaks HTTPS instead, and has a policy for each host.
"""

import json
import os
import select
import socket
import ssl
import sys
import threading
import warnings


def lines(text):
    return "".join(line + "\r\n" for line in text.split("|")).encode()


def drip(connection, data):
    """A byte a second, until the client has enough of it."""
    while True:
        for byte in data:
            connection.sendall(bytes([byte]))
            said, _, _ = select.select([connection], [], [], 1)
            if said and not connection.recv(4096):
                raise ConnectionAbortedError


def hang(connection):
    while connection.recv(4096):
        pass


def odd(connection, step, what):
    """Does something strange at a step; False where nothing is asked for."""
    kind = what.get(step)
    if kind == "hang":
        hang(connection)
    elif kind == "drip":
        drip(connection, b"2")
    elif kind == "endless":
        while True:
            connection.sendall(b"220-all is well\r\n250-all is well\r\n" * 100)
    elif kind == "long":
        # One line without end.
        while True:
            connection.sendall(b"2" * 65536)
    elif kind == "close":
        connection.close()
        raise OSError
    elif kind:
        connection.sendall(lines(kind))
        return kind
    return False


def context(what, file):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Old versions are wanted here.
    warnings.simplefilter("ignore", DeprecationWarning)
    versions = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1,
                "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
    made.set_ciphers(what.get("ciphers", "ALL:@SECLEVEL=0"))
    made.minimum_version = versions[what.get("least", "1.0")]
    made.maximum_version = versions[what.get("most", "1.3")]
    if file:
        made.load_cert_chain(file)
    else:
        made.set_ecdh_curve("prime256v1")
    return made


def tls(connection, what):
    if what.get("resumes"):
        # Tickets are of one context, which lasts as long as the certificate.
        stamp = os.stat(what["certificate"]).st_mtime_ns
        if what.get("stamp") != stamp:
            what["context"] = context(what, what["certificate"])
            what["stamp"] = stamp
        made = what["context"]
    else:
        made = context(what, what.get("certificate"))
    names = {name: context(what, file) for name, file in what.get("names", {}).items()}

    def named(socket, name, _):
        if name in names:
            socket.context = names[name]
    if names:
        made.sni_callback = named
    return made.wrap_socket(connection, server_side=True)


def record(kind, data):
    return bytes([kind, 3, 3]) + len(data).to_bytes(2, "big") + data


def huge_certificate(connection):
    """A TLS 1.2 server whose certificates never end."""
    connection.recv(65536)
    hello = b"\x03\x03" + b"\x01" * 32 + b"\x00" + b"\xc0\x2f" + b"\x00" + b"\x00\x05\xff\x01\x00\x01\x00"
    connection.sendall(record(22, b"\x02" + len(hello).to_bytes(3, "big") + hello))
    connection.sendall(record(22, b"\x0b\xff\xff\xff" + b"\xff\xff\xfc" + b"\xff\xff\xf9"))
    for _ in range(100 * 1024 // 16):
        connection.sendall(record(22, b"\x30" * 16000))


TAKEN = threading.Lock()


def taken(connection, what, recipients):
    """Notes a mail: who took it, and how it came."""
    is_tls = isinstance(connection, ssl.SSLSocket)
    mail = {
        "address": what["address"],
        "tls": connection.version() if is_tls else None,
        "resumed": is_tls and connection.session_reused,
        "to": recipients,
    }
    with TAKEN, open(what["taken"], "a") as file:
        file.write(json.dumps(mail) + "\n")


def policy(connection, what):
    """Answers one request as a policy host does."""
    connection = tls(connection, what)
    head = b""
    while b"\r\n\r\n" not in head:
        data = connection.recv(4096)
        if not data:
            return
        head += data
    request, *headers = head.decode().split("\r\n")
    host = next(it.split(":", 1)[1].strip() for it in headers if it.lower().startswith("host:"))
    body = what["policies"].get(host) if request.startswith("GET /.well-known/mta-sts.txt ") else None
    status = "200 OK" if body else "404 Not Found"
    text = body or "nothing here\n"
    connection.sendall((f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\n"
                        f"Connection: close\r\n\r\n{text}").encode())


def serve(connection, what):
    if "policies" in what:
        policy(connection, what)
        return
    recipients = []
    if not odd(connection, "greeting", what):
        connection.sendall(lines("220 server.example ESMTP"))
    secured, reader = False, connection.makefile("rb")
    while True:
        line = reader.readline().strip()
        word = line.split(b" ")[0].upper()
        if not line or word == b"QUIT":
            if line:
                connection.sendall(b"221 bye\r\n")
            return
        if word == b"EHLO":
            if not secured and odd(connection, "ehlo", what):
                continue
            offered = "250-server.example|250-SIZE" + ("" if secured else "|250-STARTTLS") + "|250 8BITMIME"
            connection.sendall(lines(offered))
        elif word == b"HELO":
            connection.sendall(lines(what.get("helo", "250 server.example")))
        elif word == b"STARTTLS":
            said = odd(connection, "starttls", what)
            if said and not said.startswith("2"):
                continue
            if not said:
                connection.sendall(b"220 go ahead\r\n")
            if what.get("handshake") == "huge":
                huge_certificate(connection)
                return
            odd(connection, "handshake", what)
            connection = tls(connection, what)
            secured, reader = True, connection.makefile("rb")
        elif word == b"RCPT":
            recipients.append(line.split(b"<")[1].split(b">")[0].decode())
            connection.sendall(b"250 fine\r\n")
        elif word == b"DATA":
            connection.sendall(b"354 go ahead\r\n")
            while reader.readline().strip() != b".":
                pass
            if "taken" in what:
                taken(connection, what, recipients)
            recipients = []
            connection.sendall(b"250 taken\r\n")
        else:
            connection.sendall(b"250 fine\r\n")


def one(connection, what):
    try:
        serve(connection, what)
    except (OSError, ssl.SSLError):
        pass
    finally:
        connection.close()


def listen(what):
    family = socket.AF_INET6 if ":" in what["address"] else socket.AF_INET
    server = socket.socket(family)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((what["address"], what["port"]))
    if what.get("connect") == "hang":
        # A queue that is full: the system answers no more.
        server.listen(0)
        what["server"] = server
        what["kept"] = socket.create_connection((what["address"], what["port"]))
        return
    server.listen(50)

    def run():
        while True:
            connection, _ = server.accept()
            threading.Thread(target=one, args=(connection, what), daemon=True).start()
    threading.Thread(target=run, daemon=True).start()
    what["server"] = server


def main():
    with open(sys.argv[1]) as file:
        servers = json.load(file)
    for what in servers:
        listen(what)
    open(sys.argv[2], "w").close()
    threading.Event().wait()


main()
