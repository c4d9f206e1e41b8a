using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Finds names in a stack of layer directories: asks each layer in turn and follows redirects.</summary>
/// <param name="dataOnly">The roots of the data-only layers, topmost first.</param>
internal sealed class Search(UnionDirectory root, LayerDirectory[] dataOnly)
{
    /// <summary>Up to so many lower members are asked one by one; above, their names are read once (<see cref="LowerNames"/>).</summary>
    public const int FewMembers = 3;

    private const int MaxPath = 4096;

    /// <summary>Finds a name in a directory of the union.</summary>
    public Errno Find(UnionDirectory directory, ReadOnlySpan<byte> name, SearchResult result)
    {
        result.Clear();
        if (directory.Upper is { } upper)
        {
            var error = AskMember(upper, name, directory.Lowers.Length == 0, directory.Lowers, 0, result, out var more);
            if (error != Errno.None || !more) return error;
        }
        return FindInLowers(directory, name, result);
    }

    /// <summary>As <see cref="Find"/>, for a name that a listing has seen: only its topmost member (-1: the upper) is asked, which is enough for all but directories.</summary>
    public Errno FindAt(UnionDirectory directory, int member, ReadOnlySpan<byte> name, SearchResult result)
    {
        result.Clear();
        if (member < 0) return Find(directory, name, result);
        if (directory.Upper is { } upper)
        {
            // Copied up, perhaps, since the listing was read.
            var error = AskMember(upper, name, isLast: false, directory.Lowers, 0, result, out var more);
            if (error != Errno.None || !more) return error;
        }
        return AskMember(directory.Lowers[member], name, isLast: true, [], 0, result, out _);
    }

    /// <summary>Finds what the lower layers alone have under a name: what a removal must hide.</summary>
    public Errno FindBelow(UnionDirectory directory, ReadOnlySpan<byte> name, SearchResult result)
    {
        result.Clear();
        return FindInLowers(directory, name, result);
    }

    private Errno FindInLowers(UnionDirectory directory, ReadOnlySpan<byte> name, SearchResult result)
    {
        var lowers = directory.Lowers;
        if (lowers.Length <= FewMembers) return FindIn(lowers, name, result);

        var names = directory.LowerNames;
        if (names is null)
        {
            var error = LowerNames.Read(lowers, out names);
            if (error != Errno.None) return FindIn(lowers, name, result); // unreadable directories can still be searched
            directory.LowerNames = names;
        }
        var last = -1;
        foreach (var index in names!.MembersWith(name))
        {
            if (index == last) continue; // a name and a whiteout for it in one layer
            last = index;
            var error = AskMember(lowers[index], name, index == lowers.Length - 1, lowers, index + 1, result, out var more);
            if (error != Errno.None || !more) return error;
        }
        return Errno.None;
    }

    /// <summary>Finds a name in a stack of directories, each asked in turn: for those that are asked once. The result must be clear.</summary>
    public Errno FindIn(ReadOnlySpan<LayerDirectory> stack, ReadOnlySpan<byte> name, SearchResult result)
    {
        for (var i = 0; i < stack.Length; i++)
        {
            var error = AskMember(stack[i], name, i == stack.Length - 1, stack, i + 1, result, out var more);
            if (error != Errno.None || !more) return error;
        }
        return Errno.None;
    }

    // Asks one member and takes its answer in. `below` from `next` on are the members after it, for a redirect that changes the name.
    private Errno AskMember(LayerDirectory member, ReadOnlySpan<byte> name, bool isLast, ReadOnlySpan<LayerDirectory> below, int next, SearchResult result, out bool more)
    {
        more = false;
        var error = LayerProbe.Ask(member, name, isLast, out var entry);
        if (error != Errno.None) return error;

        switch (Lookup.Judge(entry, result.IsFound))
        {
            case Verdict.LookBelow:
                more = true;
                return Errno.None;
            case Verdict.Hidden:
                result.IsHidden = true;
                return Errno.None;
            case Verdict.StopBeforeThis:
                return Errno.None;
            case Verdict.FoundAndStop:
                Take(member, name, entry, result);
                return Errno.None;
            default:
                Take(member, name, entry, result);
                if (!entry.Marks.Has(MarkSet.Redirect))
                {
                    more = true;
                    return Errno.None;
                }
                return FollowRedirect(member, name, entry, below[next..], result);
        }
    }

    private static void Take(LayerDirectory member, ReadOnlySpan<byte> name, in LayerEntry entry, SearchResult result)
    {
        if (!result.IsFound)
        {
            result.Where = member;
            result.Entry = entry;
        }
        if (entry.Kind == EntryKind.Directory) result.Members.Add(member.Child(name, entry.Status, entry.HasXattrWhiteouts));
    }

    private Errno FollowRedirect(LayerDirectory carrier, ReadOnlySpan<byte> name, in LayerEntry entry, ReadOnlySpan<LayerDirectory> below, SearchResult result)
    {
        Span<byte> redirect = stackalloc byte[MaxPath];
        var error = ReadRedirect(carrier, name, entry.Marks, redirect, out var length, out var isAbsolute);
        if (error != Errno.None) return error;
        if (!isAbsolute) return FindIn(below, redirect[..length], result);

        error = StackAt(redirect[..length], carrier.Layer.Index, out var stack, out var last);
        return error != Errno.None ? error : FindIn(stack, last.Of(redirect), result);
    }

    /// <summary>
    /// Where the bytes of a metacopy are: follows its redirect, or its own name in the layers below, past further metacopies.
    /// </summary>
    /// <returns>IO when no data is found: a metacopy without its lower file is broken. What <see cref="Passes"/> says nothing of it.</returns>
    public Errno FindData(UnionDirectory directory, ReadOnlySpan<byte> name, LayerDirectory carrier, FoundMarks marks, out LayerDirectory? where, out byte[] dataName)
    {
        where = null;
        dataName = [];
        var stack = Array.FindAll(directory.Lowers, l => l.Layer.Index > carrier.Layer.Index);
        var current = name.ToArray();
        byte[] path = []; // of the last redirect, where that was absolute
        Span<byte> value = stackalloc byte[MetacopyMark.MaxLength + 1];
        Span<byte> redirect = stackalloc byte[MaxPath];
        while (true)
        {
            if (marks.Has(MarkSet.Metacopy))
            {
                var error = ReadMark(carrier, current, MarkNames.Metacopy(marks.FamilyOf(MarkSet.Metacopy)), value, out var length);
                if (error == Errno.None) error = MetacopyMark.Parse(value[..length], out _);
                if (error is not (Errno.None or Errno.ACCES)) return Broken(error);
                if (marks.Has(MarkSet.Partial) && !carrier.Layer.IsUpper) return Errno.IO; // its map is beside the upper that it was written in
            }
            if (marks.Has(MarkSet.Redirect))
            {
                var error = ReadRedirect(carrier, current, marks, redirect, out var length, out var isAbsolute);
                if (error != Errno.None) return error;
                current = redirect[..length].ToArray();
                path = isAbsolute ? current : [];
                if (isAbsolute)
                {
                    error = StackAt(redirect[..length], carrier.Layer.Index, out stack, out var last);
                    if (error != Errno.None) return Broken(error);
                    current = last.Of(redirect).ToArray();
                }
            }

            var found = new SearchResult();
            if (FindIn(stack, current, found) is var failed and not Errno.None) return Broken(failed);
            if (!found.IsFound && path.Length > 0) return FindInDataOnly(path, out where, out dataName);
            if (found.Entry.Status.Type != FileType.Regular || found.Entry.IsCovered) return Errno.IO;
            carrier = found.Where!;
            if (MarksOf(carrier, current, out marks) is var unread and not Errno.None) return Broken(unread);
            if (!marks.Has(MarkSet.Metacopy))
            {
                where = carrier;
                dataName = current;
                return Errno.None;
            }
            stack = Array.FindAll(stack, l => l.Layer.Index > carrier.Layer.Index);
        }
    }

    // Kernel: ovl_lookup_data_layers(). The path is that of the last redirect; the topmost layer that has a file there gives the bytes.
    private Errno FindInDataOnly(ReadOnlySpan<byte> path, out LayerDirectory? where, out byte[] dataName)
    {
        where = null;
        dataName = [];
        foreach (var layer in dataOnly)
        {
            LayerDirectory[] stack = [layer];
            var error = Descend(path, ref stack, out var last);
            var found = new SearchResult();
            if (error == Errno.None) error = FindIn(stack, last.Of(path), found);
            if (error != Errno.None) return Broken(error);
            if (found.Entry.Status.Type != FileType.Regular || found.Entry.IsCovered) continue;
            where = found.Where!;
            dataName = last.Of(path).ToArray();
            return Errno.None;
        }
        return Errno.IO;
    }

    /// <summary>A want of descriptors or of memory: what could not be looked at now can be the next time.</summary>
    public static bool Passes(Errno error) => error is Errno.MFILE or Errno.NFILE or Errno.NOMEM;

    private static Errno Broken(Errno error) => Passes(error) ? error : Errno.IO;

    /// <summary>
    /// Whether a redirect to <paramref name="path"/>, written in the upper, would be read as the object that <paramref name="where"/> has
    /// with this inode number: the reader goes through the union of the lower layers, which may have redirects and whiteouts of their own.
    /// </summary>
    public bool LeadsTo(ReadOnlySpan<byte> path, Layer where, ulong inode)
    {
        if (path.Length < 2 || StackAt(path, above: 0, out var stack, out var last) != Errno.None) return false;
        var found = new SearchResult();
        return FindIn(stack, last.Of(path), found) == Errno.None && found.IsFound && found.Where!.Layer == where && found.Entry.Status.Inode == inode;
    }

    /// <summary>The marks on a name of a layer.</summary>
    public static Errno MarksOf(LayerDirectory directory, ReadOnlySpan<byte> name, out FoundMarks marks)
    {
        marks = default;
        var error = directory.Enter(out var dir);
        if (error != Errno.None) return error;
        error = FoundMarks.Read(dir, name, out marks);
        directory.Leave();
        return error;
    }

    /// <summary>The members, below layer <paramref name="above"/>, of the directory that an absolute redirect's last component is looked up in.</summary>
    public Errno StackAt(ReadOnlySpan<byte> path, int above, out LayerDirectory[] stack, out PathPart last)
    {
        stack = Array.FindAll(root.Lowers, l => l.Layer.Index > above);
        return Descend(path, ref stack, out last);
    }

    // From the roots in the stack to the directories that the last component of an absolute path is looked up in.
    private Errno Descend(ReadOnlySpan<byte> path, ref LayerDirectory[] stack, out PathPart last)
    {
        var start = 1; // after the leading slash
        while (true)
        {
            var slash = path[start..].IndexOf((byte)'/');
            last = new PathPart(start, slash < 0 ? path.Length : start + slash);
            if (slash < 0) return Errno.None;

            var found = new SearchResult();
            var error = FindIn(stack, last.Of(path), found);
            if (error != Errno.None) return error;
            stack = [.. found.Members];
            start += slash + 1;
        }
    }

    /// <summary>INVAL or IO for a redirect that is broken.</summary>
    public static Errno ReadRedirect(LayerDirectory carrier, ReadOnlySpan<byte> name, FoundMarks marks, Span<byte> redirect, out int length, out bool isAbsolute)
    {
        isAbsolute = false;
        var error = ReadMark(carrier, name, MarkNames.Redirect(marks.FamilyOf(MarkSet.Redirect)), redirect, out length);
        if (error == Errno.RANGE) return Errno.IO;
        return error != Errno.None ? error : RedirectMark.Parse(redirect[..length], out isAbsolute);
    }

    private static Errno ReadMark(LayerDirectory carrier, ReadOnlySpan<byte> name, ReadOnlySpan<byte> mark, Span<byte> value, out int length)
    {
        length = 0;
        var error = carrier.Enter(out var dir);
        if (error != Errno.None) return error;
        error = Syscall.GetXattrAt(dir, name, mark, value, out length);
        carrier.Leave();
        return error;
    }

    /// <summary>A component of a path, by its place.</summary>
    public readonly record struct PathPart(int Start, int End)
    {
        public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> path) => path[Start..End];
    }
}
