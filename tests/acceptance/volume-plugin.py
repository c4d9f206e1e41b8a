"""A volume plugin of Docker's protocol for the tests: SOCKET and a directory in which each volume is one. Writes down what it is asked."""
import http.server
import json
import os
import socketserver
import sys

SOCKET, PLACE = sys.argv[1:]


class Plugin(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def address_string(self):
        return "unix"

    def log_message(self, *_):
        pass

    def do_POST(self):
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = json.loads(text or "{}")
        method = self.path.lstrip("/")
        print(method, json.dumps(asked), flush=True)
        answer = self.answer(method, asked, os.path.join(PLACE, asked.get("Name", "")))
        body = json.dumps(answer).encode()
        self.send_response(500 if "Err" in answer else 200)
        self.send_header("Content-Type", "application/vnd.docker.plugins.v1.1+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer(self, method, asked, path):
        if method == "Plugin.Activate":
            return {"Implements": ["VolumeDriver"]}
        if method == "VolumeDriver.List":
            return {"Volumes": [{"Name": name, "Mountpoint": os.path.join(PLACE, name)} for name in sorted(os.listdir(PLACE)) if "." not in name]}
        if method == "VolumeDriver.Capabilities":
            return {"Capabilities": {"Scope": "global"}}
        if method == "VolumeDriver.Create":
            if "bogus" in asked["Opts"]:
                return {"Err": 'unsupported option "bogus"'}
            os.mkdir(path)
            return {}
        if not os.path.isdir(path):
            return {"Err": "volume not found"}
        if method == "VolumeDriver.Get":
            return {"Volume": {"Name": asked["Name"], "Mountpoint": path, "CreatedAt": "2026-01-02T03:04:05Z", "Status": {"kind": "tiny", "files": len(os.listdir(path))}}}
        if method == "VolumeDriver.Mount":
            return {"Mountpoint": path}
        if method == "VolumeDriver.Remove":
            os.rename(path, path + ".removed")
        return {}


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def get_request(self):
        connection, _ = super().get_request()
        return connection, ("unix", 0)


os.umask(0)
Server(SOCKET, Plugin).serve_forever()
