"""
A snapshotter for containerd, as its fuse-overlayfs-snapshotter is one: SOCKET, a directory for snapshots, and the type of mounts (fuse3.NAME). It mounts
nothing itself: it says what is to be mounted, and containerd and its shims do. What it knows goes with it.
"""
import os
import shutil
import sys
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SOCKET, PLACE, TYPE = sys.argv[1:]
PACKAGE = "containerd.services.snapshots.v1"
VIEW, ACTIVE, COMMITTED = 1, 2, 3

# Field=number and kind: s a string, i a number, else a message; with a star there are several of it. A map is several pairs.
MESSAGES = """
Empty
Pair key=1s value=2s
Mount type=1s source=2s target=3s options=4*s
Info name=1s parent=2s kind=3i labels=6*Pair
PrepareRequest snapshotter=1s key=2s parent=3s labels=4*Pair
CommitRequest snapshotter=1s name=2s key=3s labels=4*Pair
KeyRequest snapshotter=1s key=2s
UpdateRequest snapshotter=1s info=2Info
MountsResponse mounts=1*Mount
InfoResponse info=1Info
ListResponse info=1*Info
UsageResponse size=1i inodes=2i
"""


def classes():
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="snapshots.proto", package=PACKAGE, syntax="proto3")
    names = []
    for line in MESSAGES.split("\n")[1:-1]:
        name, *fields = line.split()
        names.append(name)
        message = file.message_type.add(name=name)
        for text in fields:
            called, rest = text.split("=")
            several, kind = rest[1] == "*", rest[1:].lstrip("*")
            message.field.add(name=called, number=int(rest[0]), label=field.LABEL_REPEATED if several else field.LABEL_OPTIONAL,
                              type={"s": field.TYPE_STRING, "i": field.TYPE_INT64}.get(kind, field.TYPE_MESSAGE),
                              type_name=None if kind in ("s", "i") else f".{PACKAGE}.{kind}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return {name: factory.GetPrototype(pool.FindMessageTypeByName(f"{PACKAGE}.{name}")) for name in names}


Message = classes()


class Snapshots:
    def __init__(self):
        self.known = {}  # by name: Info, and the number of its directory
        self.count = 0

    def find(self, name, context):
        if name not in self.known:
            context.abort(grpc.StatusCode.NOT_FOUND, f"snapshot {name} does not exist")
        return self.known[name]

    def files(self, number):
        return os.path.join(PLACE, str(number), "fs")

    def make(self, request, context, kind):
        if request.key in self.known:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, f"snapshot {request.key} exists")
        if request.parent:
            self.find(request.parent, context)
        self.count += 1
        for name in ("fs", "work"):
            os.makedirs(os.path.join(PLACE, str(self.count), name), mode=0o755)
        self.known[request.key] = Message["Info"](name=request.key, parent=request.parent, kind=kind, labels=request.labels), self.count
        return self.mounts(request.key, context)

    def mounts(self, key, context):
        info, number = self.find(key, context)
        layers, parent = [], info.parent
        while parent:
            above, at = self.find(parent, context)
            layers.append(self.files(at))
            parent = above.parent
        if info.kind == ACTIVE and layers:
            options = [f"workdir={PLACE}/{number}/work", f"upperdir={self.files(number)}", "lowerdir=" + ":".join(layers)]
            mount = Message["Mount"](type=TYPE, source="overlay", options=options)
        elif len(layers) > 1:
            mount = Message["Mount"](type=TYPE, source="overlay", options=["lowerdir=" + ":".join(layers)])
        else:
            mount = Message["Mount"](type="bind", source=layers[0] if layers else self.files(number), options=["rw" if info.kind == ACTIVE else "ro", "rbind"])
        return Message["MountsResponse"](mounts=[mount])

    def Prepare(self, request, context):
        return self.make(request, context, ACTIVE)

    def View(self, request, context):
        return self.make(request, context, VIEW)

    def Mounts(self, request, context):
        return self.mounts(request.key, context)

    def Commit(self, request, context):
        info, number = self.find(request.key, context)
        if request.name in self.known:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, f"snapshot {request.name} exists")
        del self.known[request.key]
        self.known[request.name] = Message["Info"](name=request.name, parent=info.parent, kind=COMMITTED, labels=request.labels), number
        return Message["Empty"]()

    def Remove(self, request, context):
        _, number = self.find(request.key, context)
        if any(other.parent == request.key for other, _ in self.known.values()):
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"snapshot {request.key} has children")
        del self.known[request.key]
        shutil.rmtree(os.path.join(PLACE, str(number)))
        return Message["Empty"]()

    def Stat(self, request, context):
        return Message["InfoResponse"](info=self.find(request.key, context)[0])

    def Update(self, request, context):
        info, _ = self.find(request.info.name, context)
        del info.labels[:]
        info.labels.extend(request.info.labels)
        return Message["InfoResponse"](info=info)

    def List(self, request, context):
        yield Message["ListResponse"](info=[info for info, _ in self.known.values()])

    def Usage(self, request, context):
        _, number = self.find(request.key, context)
        return Message["UsageResponse"](size=0, inodes=sum(len(files) + 1 for _, _, files in os.walk(self.files(number))))

    def Cleanup(self, request, context):
        return Message["Empty"]()


REQUESTS = {"Prepare": "PrepareRequest", "View": "PrepareRequest", "Commit": "CommitRequest", "Update": "UpdateRequest",
            "Mounts": "KeyRequest", "Remove": "KeyRequest", "Stat": "KeyRequest", "Usage": "KeyRequest", "List": "Empty", "Cleanup": "Empty"}


def handler(snapshots, method):
    kind = grpc.unary_stream_rpc_method_handler if method == "List" else grpc.unary_unary_rpc_method_handler
    return kind(getattr(snapshots, method), Message[REQUESTS[method]].FromString, lambda answer: answer.SerializeToString())


os.umask(0o022)
snapshots = Snapshots()
server = grpc.server(futures.ThreadPoolExecutor(max_workers=1))  # one call after the other
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(f"{PACKAGE}.Snapshots", {method: handler(snapshots, method) for method in REQUESTS}),))
server.add_insecure_port(f"unix://{SOCKET}")
server.start()
server.wait_for_termination()
