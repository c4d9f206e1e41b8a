using System.Runtime.InteropServices;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Reads the members of a directory and merges their names by the rule of the union.</summary>
internal sealed class ListingBuilder
{
    private const int MostKept = 2048; // names of a directory

    // Between two directories, so that what one was read into serves the next: the lists would be the larger part of all that a walk allocates.
    private static ListingBuilder? _spare;

    private readonly List<Item> _items = [];
    private readonly List<byte> _names = [];
    private InodeMap _inodes = null!;
    private NarrowCookies? _narrow;

    /// <summary>Reads a directory.</summary>
    /// <param name="isNarrow">Cookies must fit into 31 bits.</param>
    public static Errno Build(UnionDirectory directory, InodeMap inodes, out Listing? listing, bool isNarrow = false)
    {
        var builder = Interlocked.Exchange(ref _spare, null) ?? new ListingBuilder();
        (builder._inodes, builder._narrow) = (inodes, isNarrow ? directory.NarrowCookies : null);
        var error = builder.Read(directory);
        listing = error == Errno.None ? builder.Merge() : null;
        builder.Clear();
        return error;
    }

    private void Clear()
    {
        if (_items.Capacity > MostKept || _names.Capacity > MostKept * 32) return;
        _items.Clear();
        _names.Clear();
        (_inodes, _narrow) = (null!, null);
        Volatile.Write(ref _spare, this);
    }

    private Errno Read(UnionDirectory directory)
    {
        var error = directory.Upper is { } upper ? Read(upper, -1) : Errno.None;
        for (var i = 0; i < directory.Lowers.Length && error == Errno.None; i++) error = Read(directory.Lowers[i], i);
        return error;
    }

    private Errno Read(LayerDirectory member, int index)
    {
        var error = member.Enter(out var dir);
        if (error != Errno.None) return error;
        try
        {
            error = DirectoryReader.Open(dir, out var reader);
            if (error != Errno.None) return error;
            using (reader)
            {
                while (reader.MoveNext())
                {
                    error = Add(member, index, reader.Entry);
                    if (error != Errno.None) return error;
                }
                return reader.Error;
            }
        }
        finally
        {
            member.Leave();
        }
    }

    private Errno Add(LayerDirectory member, int index, in DirectoryEntries entry)
    {
        switch (OciNames.Classify(entry.Name))
        {
            case OciNameKind.Whiteout:
                OciNames.IsWhiteout(entry.Name, out var hidden);
                Add(hidden, index, isOciWhiteout: true, FileType.None, 0);
                return Errno.None;
            case not OciNameKind.Ordinary:
                return Errno.None;
        }

        // Only what may be a whiteout, says nothing of its type, or may stand for another one, needs a closer look.
        var type = entry.Type;
        var mayBeOther = type is FileType.None or FileType.CharDevice
            || (type == FileType.Regular && (member.HasXattrWhiteouts || member.Layer.Overrides != OverrideForm.None));
        var isWhiteout = false;
        if (mayBeOther)
        {
            var error = LayerProbe.Ask(member, entry.Name, isLast: true, out var found);
            if (error is not (Errno.None or Errno.IO)) return error;
            if (error == Errno.None && found.Kind == EntryKind.Absent) return Errno.None; // removed while we read
            isWhiteout = found.Kind == EntryKind.Whiteout;
            if (error == Errno.None) type = found.Status.Type;
        }
        var number = isWhiteout ? 0 : _inodes.NumberOf(member, entry.Inode);
        Add(entry.Name, index, false, isWhiteout ? FileType.None : type, number);
        return Errno.None;
    }

    private void Add(ReadOnlySpan<byte> name, int member, bool isOciWhiteout, FileType type, ulong inode)
    {
        _items.Add(new Item
        {
            Hash = NameHash.Of(name),
            Start = _names.Count,
            Length = name.Length,
            // An OCI whiteout hides what is in the layers below, not an entry of its own layer.
            Rank = member * 2 + (isOciWhiteout ? 1 : 0),
            Type = type,
            Inode = inode,
        });
        _names.AddRange(name);
    }

    private Listing Merge()
    {
        var items = CollectionsMarshal.AsSpan(_items);
        items.Sort(Compare);

        // The topmost mention of each name decides; a whiteout hides it.
        var (count, length) = (0, 0);
        for (var i = 0; i < items.Length; i++)
        {
            if (i > 0 && items[i].Hash == items[i - 1].Hash && NameOf(items[i]).SequenceEqual(NameOf(items[i - 1]))) continue;
            items[i].IsShown = items[i].Type != FileType.None;
            if (!items[i].IsShown) continue;
            count++;
            length += items[i].Length;
        }

        var cookies = new ulong[count];
        if (_narrow is not null) items = GiveNarrow(items, cookies);
        var starts = new int[count + 1];
        var numbers = new ulong[count];
        var types = new byte[count];
        var members = new short[count];
        var names = new byte[length];
        ulong last = 0;
        var (at, end) = (0, 0);
        foreach (ref var item in items)
        {
            if (!item.IsShown) continue;
            starts[at] = end;
            NameOf(item).CopyTo(names.AsSpan(end));
            end += item.Length;
            if (_narrow is null) last = cookies[at] = Math.Max(Listing.CookieOf(item.Hash), last + 1);
            numbers[at] = item.Inode;
            types[at] = (byte)((int)item.Type >> 12);
            members[at] = (short)(item.Rank >> 1);
            at++;
        }
        starts[count] = end;
        return new Listing(cookies, starts, names, numbers, types, members, _narrow is not null);
    }

    // Those that are shown, in the order of their cookies.
    private Span<Item> GiveNarrow(Span<Item> items, ulong[] cookies)
    {
        var shown = new Item[cookies.Length];
        var hashes = new ulong[cookies.Length];
        var at = 0;
        foreach (ref var item in items)
        {
            if (item.IsShown) (shown[at], hashes[at++]) = (item, item.Hash);
        }
        _narrow!.Give(hashes, Listing.FirstCookie, cookies);
        Array.Sort(cookies, shown);
        return shown;
    }

    private ReadOnlySpan<byte> NameOf(in Item item) => CollectionsMarshal.AsSpan(_names).Slice(item.Start, item.Length);

    private int Compare(Item a, Item b)
    {
        var order = a.Hash.CompareTo(b.Hash);
        if (order == 0) order = NameOf(a).SequenceCompareTo(NameOf(b));
        return order != 0 ? order : a.Rank.CompareTo(b.Rank);
    }

    private struct Item
    {
        public ulong Hash;
        public int Start;
        public int Length;
        public int Rank;
        public FileType Type;
        public ulong Inode;
        public bool IsShown;
    }
}
