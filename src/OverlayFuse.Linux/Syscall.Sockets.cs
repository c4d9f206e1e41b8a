using System.Runtime.InteropServices;

namespace OverlayFuse.Linux;

// Sockets, and descriptors sent over them.
public static unsafe partial class Syscall
{
    private const int AddressFamilyUnix = 1;
    private const int LongestSocketPath = 108;
    private const int AddressSize = 2 + LongestSocketPath; // struct sockaddr_un
    private const int SocketCloseOnExec = 0x80000;
    private const int SocketLevel = 1;
    private const int ScmRights = 1;
    private const int MessageCloseOnExec = 0x40000000;
    private const int MessageNoSignal = 0x4000;

    /// <summary>socketpair(2) of AF_UNIX with O_CLOEXEC.</summary>
    public static Errno SocketPair(SocketKind kind, out Fd one, out Fd other)
    {
        var pair = stackalloc int[2] { -1, -1 };
        var error = Check(Native.socketpair(AddressFamilyUnix, (int)kind | SocketCloseOnExec, 0, pair));
        (one, other) = (new Fd(pair[0]), new Fd(pair[1]));
        return error;
    }

    /// <summary>socket(2), bind(2) and listen(2): a stream socket under a name. NAMETOOLONG: <paramref name="path"/> is above 107 bytes.</summary>
    public static Errno ListenAt(ReadOnlySpan<byte> path, out Fd socket)
    {
        var address = stackalloc byte[AddressSize];
        var error = OpenSocket(path, address, out socket);
        if (error == Errno.None) error = Check(Native.bind(socket.Number, address, LengthOf(path)));
        if (error == Errno.None) error = Check(Native.listen(socket.Number, 1));
        return CloseUnless(error, ref socket);
    }

    /// <summary>socket(2) and connect(2) to a stream socket with a name. NAMETOOLONG: <paramref name="path"/> is above 107 bytes.</summary>
    public static Errno ConnectTo(ReadOnlySpan<byte> path, out Fd socket)
    {
        var address = stackalloc byte[AddressSize];
        var error = OpenSocket(path, address, out socket);
        if (error == Errno.None)
        {
            do error = Check(Native.connect(socket.Number, address, LengthOf(path)));
            while (error == Errno.INTR);
        }
        return CloseUnless(error, ref socket);
    }

    /// <summary>accept4(2) with O_CLOEXEC.</summary>
    public static Errno Accept(Fd listener, out Fd socket)
    {
        int number;
        do number = Native.accept4(listener.Number, null, null, SocketCloseOnExec);
        while (number < 0 && LastError == Errno.INTR);
        socket = new Fd(number);
        return Check(number);
    }

    /// <summary>sendmsg(2) of one byte with a descriptor (SCM_RIGHTS, unix(7)).</summary>
    public static Errno SendDescriptor(Fd socket, Fd sent)
    {
        byte data = 0;
        var part = new IoVector { Base = &data, Length = 1 };
        var control = new ControlMessage { Length = ControlMessage.Used, Level = SocketLevel, Type = ScmRights, Descriptor = sent.Number };
        var message = new Message { Parts = &part, PartCount = 1, Control = &control, ControlLength = (nuint)sizeof(ControlMessage) };
        while (true)
        {
            if (Native.sendmsg(socket.Number, &message, MessageNoSignal) >= 0) return Errno.None;
            if (LastError != Errno.INTR) return LastError;
        }
    }

    /// <summary>recvmsg(2) of one byte with a descriptor, which gets O_CLOEXEC. NOMSG where none came, the other end being closed.</summary>
    public static Errno ReceiveDescriptor(Fd socket, out Fd received)
    {
        byte data = 0;
        var part = new IoVector { Base = &data, Length = 1 };
        var control = new ControlMessage();
        var message = new Message { Parts = &part, PartCount = 1, Control = &control, ControlLength = (nuint)sizeof(ControlMessage) };
        received = Fd.None;
        nint count;
        while ((count = Native.recvmsg(socket.Number, &message, MessageCloseOnExec)) < 0)
        {
            if (LastError != Errno.INTR) return LastError;
        }
        if (count == 0 || message.ControlLength < ControlMessage.Used || control.Level != SocketLevel || control.Type != ScmRights) return Errno.NOMSG;

        received = new Fd(control.Descriptor);
        return Errno.None;
    }

    private static uint LengthOf(ReadOnlySpan<byte> path) => (uint)(2 + path.Length + 1);

    private static Errno OpenSocket(ReadOnlySpan<byte> path, byte* address, out Fd socket)
    {
        socket = Fd.None;
        if (path.Length >= LongestSocketPath) return Errno.NAMETOOLONG;
        new Span<byte>(address, AddressSize).Clear();
        *(ushort*)address = AddressFamilyUnix;
        path.CopyTo(new Span<byte>(address + 2, LongestSocketPath));
        var number = Native.socket(AddressFamilyUnix, (int)SocketKind.Stream | SocketCloseOnExec, 0);
        if (number < 0) return LastError;
        socket = new Fd(number);
        return Errno.None;
    }

    private static Errno CloseUnless(Errno error, ref Fd socket)
    {
        if (error == Errno.None) return error;
        socket.Close();
        socket = Fd.None;
        return error;
    }

    private struct IoVector
    {
        public byte* Base;
        public nuint Length;
    }

    private struct Message
    {
        public void* Name;
        public nuint NameLength;
        public IoVector* Parts;
        public nuint PartCount;
        public ControlMessage* Control;
        public nuint ControlLength;
        public nint Flags;
    }

    private struct ControlMessage
    {
        public const int Used = 20; // CMSG_LEN(sizeof(int))

        public nuint Length;
        public int Level;
        public int Type;
        public int Descriptor;
        public int Padding;
    }

    private static partial class Native
    {
        [LibraryImport(C, SetLastError = true)]
        public static partial int socket(int family, int type, int protocol);

        [LibraryImport(C, SetLastError = true)]
        public static partial int bind(int fd, byte* address, uint length);

        [LibraryImport(C, SetLastError = true)]
        public static partial int connect(int fd, byte* address, uint length);

        [LibraryImport(C, SetLastError = true)]
        public static partial int listen(int fd, int backlog);

        [LibraryImport(C, SetLastError = true)]
        public static partial int accept4(int fd, byte* address, uint* length, int flags);

        [LibraryImport(C, SetLastError = true)]
        public static partial int socketpair(int family, int type, int protocol, int* pair);

        [LibraryImport(C, SetLastError = true)]
        public static partial nint sendmsg(int fd, Message* message, int flags);

        [LibraryImport(C, SetLastError = true)]
        public static partial nint recvmsg(int fd, Message* message, int flags);
    }
}
