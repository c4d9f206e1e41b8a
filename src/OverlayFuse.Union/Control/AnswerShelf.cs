namespace OverlayFuse.Union;

/// <summary>Answers that wait to be fetched. Each caller has room for a few; a new one takes the place of the one not asked for the longest.</summary>
internal sealed class AnswerShelf
{
    /// <summary>What one caller may have waiting. Callers are two at most: the owner of the mount and root.</summary>
    public const int PerCaller = 4;

    private readonly Lock _lock = new(); // leaf; protects the list, which is in order of last use
    private readonly List<(ulong Ticket, uint Caller, byte[] Answer)> _waiting = [];
    private ulong _last;

    public int Count
    {
        get
        {
            lock (_lock) return _waiting.Count;
        }
    }

    public ulong Add(uint caller, byte[] answer)
    {
        lock (_lock)
        {
            if (_waiting.Count(w => w.Caller == caller) == PerCaller) _waiting.RemoveAt(_waiting.FindIndex(w => w.Caller == caller));
            _waiting.Add((++_last, caller, answer));
            return _last;
        }
    }

    /// <summary>The answer behind a ticket; null: there is none (any more) for this caller.</summary>
    public byte[]? Get(ulong ticket, uint caller)
    {
        lock (_lock)
        {
            var at = _waiting.FindIndex(w => w.Ticket == ticket && w.Caller == caller);
            if (at < 0) return null;
            var found = _waiting[at];
            _waiting.RemoveAt(at);
            _waiting.Add(found);
            return found.Answer;
        }
    }

    /// <summary>The last piece was fetched.</summary>
    public void Remove(ulong ticket)
    {
        lock (_lock) _waiting.RemoveAll(w => w.Ticket == ticket);
    }
}
