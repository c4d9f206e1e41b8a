namespace OverlayFuse.Union.Tests;

/// <summary>A file of a union whose power is cut: what it held after each change, and when it was synced.</summary>
internal sealed class CutFile
{
    private readonly byte[] _lower;
    private readonly List<State> _states = [];

    public CutFile(string name, int seed, int size)
    {
        Name = name;
        _lower = Bytes(seed, size);
        _states.Add(new State("begin", 0, _lower));
    }

    public string Name { get; }

    public ReadOnlySpan<byte> Lower => _lower;

    public byte[] Now => _states[^1].Bytes;

    /// <summary>Bytes none of which is zero: zeros, and what is missing, are noticed.</summary>
    public static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        for (var i = 0; i < length; i++) bytes[i] |= 1;
        return bytes;
    }

    /// <summary>A change, before it is made.</summary>
    /// <param name="begin">How many events the device had had.</param>
    public void Changes(string what, int begin, byte[] bytes) => _states.Add(new State(what, begin, bytes));

    /// <summary>It was synced, and the call has come back.</summary>
    /// <param name="end">How many events the device had had.</param>
    public void WasSynced(int end) => _states[^1] = _states[^1] with { SyncedAt = end };

    /// <summary>What is wrong with what the union shows after the power went; null: nothing.</summary>
    /// <param name="at">After how many events of the device that was.</param>
    public string? Wrong(ReadOnlySpan<byte> seen, int at)
    {
        var last = Math.Max(0, _states.FindLastIndex(s => s.SyncedAt <= at));
        var legal = _states.Where((s, i) => i == last || (i > last && s.Begin < at)).ToList();
        foreach (var state in legal)
        {
            if (seen.SequenceEqual(state.Bytes)) return null;
        }
        var size = seen.Length;
        if (!legal.Exists(s => s.Bytes.Length == size) && !IsGrowth(legal, size)) return $"{Story(legal)}: {size} bytes";
        var (illegal, first) = (0, -1);
        for (var i = 0; i < size;)
        {
            var known = 0;
            foreach (var state in legal)
            {
                if (i < state.Bytes.Length) known = Math.Max(known, seen[i..].CommonPrefixLength(state.Bytes.AsSpan(i)));
            }
            i += known;
            if (known > 0) continue;

            // The size may be there before the bytes that have made it so.
            if ((seen[i] != 0 || !IsGrowth(legal, i)) && illegal++ == 0) first = i;
            i++;
        }
        return illegal == 0 ? null : $"{Story(legal)}: of {size} bytes {illegal} were never there, the first at {first}: {Convert.ToHexString(seen.Slice(first, Math.Min(8, size - first)))}";
    }

    // Where one change has made the file longer. A copy makes none: it is as long as what it copies when it is first seen.
    private static bool IsGrowth(List<State> legal, int at) => legal.Zip(legal.Skip(1)).Any(pair => pair.First.Bytes.Length <= at && at < pair.Second.Bytes.Length);

    private string Story(List<State> legal) => $"{Name}, {_lower.Length} bytes below, {string.Join(" or ", legal.Select(s => $"\"{s.What}\" of event {s.Begin} with {s.Bytes.Length}"))}";

    private sealed record State(string What, int Begin, byte[] Bytes)
    {
        public int SyncedAt { get; init; } = int.MaxValue;
    }
}
