using System.Runtime.InteropServices;

namespace OverlayFuse.Linux;

// Sockets between related processes, and descriptors sent over them.
public static unsafe partial class Syscall
{
    private const int AddressFamilyUnix = 1;
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
        public static partial int socketpair(int family, int type, int protocol, int* pair);

        [LibraryImport(C, SetLastError = true)]
        public static partial nint sendmsg(int fd, Message* message, int flags);

        [LibraryImport(C, SetLastError = true)]
        public static partial nint recvmsg(int fd, Message* message, int flags);
    }
}
