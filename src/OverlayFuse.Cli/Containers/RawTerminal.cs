using System.Buffers.Binary;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>Our terminal while a container has one of its own: keys are passed on as they are, and it is put back at the end (cfmakeraw(3)).</summary>
internal sealed class RawTerminal : IDisposable
{
    private const uint Get = 0x5401; // TCGETS
    private const uint Set = 0x5403; // TCSETSW
    private const int Size = 60; // above struct termios of all architectures
    private const int ControlCharacters = 17;
    private const int MinimumCount = 6; // VMIN
    private const int MinimumTime = 5; // VTIME

    // termios(3): c_iflag, c_oflag, c_cflag, c_lflag.
    private const uint IgnBrk = 0x1, BrkInt = 0x2, ParMrk = 0x8, IStrip = 0x20, InLCr = 0x40, IgnCr = 0x80, ICrNl = 0x100, IXOn = 0x400;
    private const uint OPost = 0x1;
    private const uint CSize = 0x30, Cs8 = 0x30, ParEnb = 0x100;
    private const uint ISig = 0x1, ICanon = 0x2, Echo = 0x8, EchoNl = 0x40, IExten = 0x8000;

    // What goes, and what is set, in each of the four.
    private static readonly (uint Off, uint On)[] Changes =
    [
        (IgnBrk | BrkInt | ParMrk | IStrip | InLCr | IgnCr | ICrNl | IXOn, 0),
        (OPost, 0),
        (CSize | ParEnb, Cs8),
        (ISig | ICanon | Echo | EchoNl | IExten, 0),
    ];

    private static readonly Fd Input = new(0);

    private readonly byte[] _before;

    private RawTerminal(byte[] before) => _before = before;

    /// <exception cref="RefusedException">Standard input is no terminal; in docker's words.</exception>
    public static void Require()
    {
        if (Syscall.IoControl(Input, Get, new byte[Size]) != Errno.None) throw new RefusedException("the input device is not a TTY");
    }

    /// <summary>Null where standard input is no terminal.</summary>
    public static RawTerminal? Enter()
    {
        var before = new byte[Size];
        if (Syscall.IoControl(Input, Get, before) != Errno.None) return null;
        var raw = before.ToArray();
        for (var i = 0; i < Changes.Length; i++)
        {
            var field = raw.AsSpan(4 * i, 4);
            BinaryPrimitives.WriteUInt32LittleEndian(field, (BinaryPrimitives.ReadUInt32LittleEndian(field) & ~Changes[i].Off) | Changes[i].On);
        }
        (raw[ControlCharacters + MinimumCount], raw[ControlCharacters + MinimumTime]) = (1, 0);
        _ = Syscall.IoControl(Input, Set, raw);
        return new RawTerminal(before);
    }

    public void Dispose() => _ = Syscall.IoControl(Input, Set, _before);
}
