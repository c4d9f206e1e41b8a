using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Asks a live mount, by ioctl(2) on its root directory.</summary>
public static class ControlClient
{
    private const long LongestAnswer = 1 << 28;

    /// <param name="root">The root directory of the mount, open for reading.</param>
    /// <returns>
    /// NOTTY: not a mount of ours, or one of an older version; PERM: only its owner and root may ask; NOTCONN: its daemon is dead; STALE: too
    /// many ask at once; else what the answering itself met.
    /// </returns>
    public static Errno Ask(Fd root, ControlKind kind, ReadOnlySpan<byte> argument, out byte[] answer)
    {
        answer = [];
        if (argument.Length > ControlMessage.MaxArgument) return Errno.NAMETOOLONG;
        var question = new byte[ControlMessage.AskSize];
        ControlMessage.WriteQuestion(question, kind, argument);
        var error = Syscall.IoControl(root, ControlMessage.Ask, question);
        if (error != Errno.None) return error;

        var (ticket, length) = ControlMessage.ReadTicket(question);
        if (length is < 0 or > LongestAnswer) return Errno.PROTO; // who serves the mount may be anybody
        var whole = new byte[length];
        var message = new byte[ControlMessage.FetchSize];
        for (var have = 0; have < whole.Length;)
        {
            ControlMessage.WriteFetch(message, ticket, have);
            error = Syscall.IoControl(root, ControlMessage.Fetch, message);
            if (error != Errno.None) return error;
            var piece = ControlMessage.ReadPiece(message);
            if (piece.IsEmpty || piece.Length > whole.Length - have) return Errno.PROTO;
            piece.CopyTo(whole.AsSpan(have));
            have += piece.Length;
        }
        answer = whole;
        return Errno.None;
    }
}
