using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Which lower members of a deep directory mention which names, as (hash of name, member) pairs in order: a name that no
/// layer has costs one binary search, whatever the number of layers.
/// </summary>
internal sealed class LowerNames
{
    private readonly ulong[] _hashes;
    private readonly ushort[] _members;

    private LowerNames(ulong[] hashes, ushort[] members)
    {
        _hashes = hashes;
        _members = members;
    }

    /// <summary>Indices of the members that may have the name or a whiteout for it, top down. A hash may lie; absence does not.</summary>
    public ReadOnlySpan<ushort> MembersWith(ReadOnlySpan<byte> name)
    {
        var hash = NameHash.Of(name);
        var at = Array.BinarySearch(_hashes, hash);
        if (at < 0) return [];
        var end = at + 1;
        while (at > 0 && _hashes[at - 1] == hash) at--;
        while (end < _hashes.Length && _hashes[end] == hash) end++;
        return _members.AsSpan(at, end - at);
    }

    public static Errno Read(LayerDirectory[] lowers, out LowerNames? names)
    {
        names = null;
        var hashes = new List<ulong>();
        var members = new List<ushort>();
        for (var i = 0; i < lowers.Length; i++)
        {
            var error = lowers[i].Enter(out var dir);
            if (error != Errno.None) return error;
            try
            {
                error = DirectoryReader.Open(dir, out var reader);
                if (error != Errno.None) return error;
                using (reader)
                {
                    while (reader.MoveNext())
                    {
                        var name = reader.Entry.Name;
                        hashes.Add(NameHash.Of(OciNames.IsWhiteout(name, out var hidden) ? hidden : name));
                        members.Add((ushort)i);
                    }
                    if (reader.Error != Errno.None) return reader.Error;
                }
            }
            finally
            {
                lowers[i].Leave();
            }
        }

        var sortedHashes = hashes.ToArray();
        var order = Enumerable.Range(0, sortedHashes.Length).ToArray();
        Array.Sort(sortedHashes, order); // not stable: members of one name are put in order below
        var sortedMembers = Array.ConvertAll(order, i => members[i]);
        for (int start = 0, end; start < sortedHashes.Length; start = end)
        {
            for (end = start + 1; end < sortedHashes.Length && sortedHashes[end] == sortedHashes[start];) end++;
            if (end - start > 1) Array.Sort(sortedMembers, start, end - start);
        }
        names = new LowerNames(sortedHashes, sortedMembers);
        return Errno.None;
    }
}
