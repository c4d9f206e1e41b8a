using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Answers what people ask a live mount, from its own open layers and counters. Takes no lock of the file system's.</summary>
/// <param name="owner">Who may ask beside root: the user that the daemon runs as.</param>
internal sealed class ControlServer(LayerView view, Func<UnionStatus> status, uint owner)
{
    private readonly AnswerShelf _shelf = new();

    public static bool Knows(uint command) => command is ControlMessage.Ask or ControlMessage.Fetch;

    /// <returns>PERM for other users; INVAL for what is not a message; NOTSUP for a kind we do not know; STALE for a ticket that is gone.</returns>
    public Errno Serve(uint caller, uint command, ReadOnlySpan<byte> input, Span<byte> output, out int written)
    {
        written = 0;
        if (caller != 0 && caller != owner) return Errno.PERM;
        return command == ControlMessage.Ask ? Ask(caller, input, output, out written) : Fetch(caller, input, output, out written);
    }

    private Errno Ask(uint caller, ReadOnlySpan<byte> input, Span<byte> output, out int written)
    {
        written = 0;
        var error = ControlMessage.ReadQuestion(input, out var kind, out var argument);
        if (error != Errno.None || output.Length < ControlMessage.AskSize) return Errno.INVAL;

        byte[] answer;
        switch (kind)
        {
            case ControlKind.Explain:
                error = view.Explain(argument, out var explanation);
                if (error != Errno.None) return error;
                answer = ExplanationText.Write(explanation!);
                break;
            case ControlKind.Changes:
                error = view.Changes(out var changes);
                if (error != Errno.None) return error;
                answer = ChangeText.Write(changes);
                break;
            case ControlKind.Status:
                answer = StatusText.Write(status());
                break;
            default:
                return Errno.NOTSUP;
        }
        written = ControlMessage.WriteTicket(output, _shelf.Add(caller, answer), answer.Length);
        return Errno.None;
    }

    private Errno Fetch(uint caller, ReadOnlySpan<byte> input, Span<byte> output, out int written)
    {
        written = 0;
        var error = ControlMessage.ReadFetch(input, out var ticket, out var offset);
        if (error != Errno.None || output.Length < ControlMessage.FetchSize) return Errno.INVAL;
        if (_shelf.Get(ticket, caller) is not { } answer) return Errno.STALE;
        if (offset > (ulong)answer.Length) return Errno.INVAL;

        var piece = answer.AsSpan((int)offset, Math.Min(ControlMessage.MaxPiece, answer.Length - (int)offset));
        written = ControlMessage.WritePiece(output, ticket, piece);
        if ((int)offset + piece.Length == answer.Length) _shelf.Remove(ticket);
        return Errno.None;
    }
}
