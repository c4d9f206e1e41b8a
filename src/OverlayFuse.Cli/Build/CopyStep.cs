using System.Globalization;
using System.Text;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>COPY and ADD: what is copied, where to, and as whose.</summary>
internal sealed class CopyStep
{
    private readonly Instruction _instruction;
    private readonly List<CopySource> _sources = [];
    private readonly string? _owner;
    private readonly uint? _mode;
    private readonly Digest? _checksum;
    private readonly BuildStop _stop;

    /// <param name="words">Puts variables in.</param>
    /// <param name="directory">WORKDIR.</param>
    /// <param name="made">Takes what lies in no context.</param>
    /// <param name="stop">Heard before each file, and in the middle of one.</param>
    public CopyStep(Instruction instruction, BuildContext context, ShellWords words, string directory, MadeFiles made, BuildStop stop)
    {
        (_instruction, _stop) = (instruction, stop);
        var all = ConfigChange.JsonList(instruction.Text) ?? [.. words.Split(instruction.Text)];
        if (all.Count < 2) throw new RefusedException($"{instruction.Keyword} requires at least two arguments, but only one was provided.");
        foreach (var (name, value) in instruction.Flags)
        {
            switch (name)
            {
                case "chown": _owner = words.Expand(value); break;
                case "chmod": _mode = Mode(words.Expand(value)); break;
                case "from" when instruction.Keyword == "COPY": break;
                case "link" when value is "" or "true" or "false": break; // each layer holds its own changes only, with it or without
                case "checksum" when instruction.Keyword == "ADD":
                    _checksum = Digest.TryParse(words.Expand(value)) ?? throw new RefusedException($"--checksum={value}: give sha256: and 64 hexadecimal digits.");
                    break;
                default: throw new RefusedException($"Unknown flag: {name}");
            }
        }
        var target = words.Expand(all[^1]);
        Target = ConfigChange.Within(directory, target);
        if (target is "." or "..") Target += "/";
        if (_checksum is not null && (all.Count > 2 || !WebFile.IsAddress(words.Expand(all[0])))) throw new RefusedException("checksum can't be specified for non-HTTP(S) sources, or for several.");
        var documents = new Queue<HereDocument>(instruction.Documents);
        foreach (var word in all.SkipLast(1))
        {
            if (documents.Count > 0 && HereDocument.TryParse(word) is not null) _sources.Add(Made(documents.Dequeue(), words, made));
            else if (instruction.Keyword == "ADD" && WebFile.IsAddress(words.Expand(word))) _sources.Add(Fetched(words.Expand(word), made));
            else _sources.AddRange(context.Find(words.Expand(word)));
        }
        foreach (var source in _sources) source.Context.BeforeContent = stop.ThrowIfAsked;
        if (_sources.Count > 1 && !Target.EndsWith('/'))
            throw new RefusedException($"When using {instruction.Keyword} with more than one source file, the destination must be a directory and end with a /");
    }

    public string Target { get; }

    /// <summary>For the cache: what is copied under which name.</summary>
    public List<string> Inputs() =>
        [.. _sources.Select(source => $"{Encoding.UTF8.GetString(source.Name)} {source.Context.DigestOf(source.End)}"), Target, _owner ?? "",
            _mode?.ToString(CultureInfo.InvariantCulture) ?? ""];

    /// <param name="root">The file system of the image, mounted.</param>
    public void Run(MountedContainer root)
    {
        (uint Uid, uint Gid)? asked = _owner is null ? null : OwnerOf(_owner, root);
        foreach (var from in _sources)
        {
            var source = from.End;
            var owner = asked ?? (from.Context.HasOwners ? null : (0, 0));
            var resolver = new PathResolver(root.Root);
            var path = CopyPath.Parse(Encoding.UTF8.GetBytes(Target));
            var target = resolver.Find(path, followLast: true);
            if (_instruction.Keyword == "ADD" && from.IsOfContext && !source.IsDirectory && source.IsArchive(out var archive, out var limit))
            {
                using (archive) Extract(archive, limit, target);
                continue;
            }
            if (source.IsDirectory || path.MeansDirectory || _sources.Count > 1)
            {
                if (target is { Exists: true, IsDirectory: false }) throw new RefusedException($"cannot copy to non-directory: {Target}");
                TreeTransfer.MakeDirectories(root.Root, target.Path);
                target = target with { Exists = true, IsDirectory = true, HasParent = true };
            }
            var plan = source.IsDirectory ? CopyPlan.ContentsIntoTarget : target.IsDirectory ? CopyPlan.IntoTarget : CopyPlan.AsTarget;
            TreeTransfer.Run(source, from.Name, target, plan, entry => Adjust(entry, owner), writer => from.Context.Reader(writer, source));
        }
    }

    private void Adjust(TarEntry entry, (uint Uid, uint Gid)? owner)
    {
        _stop.ThrowIfAsked();
        if (owner is { } wanted) (entry.Uid, entry.Gid) = wanted;
        if (_mode is { } mode && entry.Kind != TarKind.SymbolicLink) entry.Mode = mode;
    }

    // An archive brings its own owners.
    private void Extract(Stream archive, UnpackLimit limit, CopyEnd target)
    {
        try
        {
            TreeTransfer.MakeDirectories(target.Root, target.Path);
            using var applier = TreeTransfer.Applier(target.Root, target.Path, _ => _stop.ThrowIfAsked());
            applier.BeforeContent = _stop.ThrowIfAsked;
            applier.Apply(new TarReader(archive, limit));
        }
        catch (InvalidDataException e)
        {
            throw new RefusedException($"cannot unpack the archive: {e.Message}.");
        }
    }

    private static CopySource Made(HereDocument document, ShellWords words, MadeFiles made) =>
        made.Add(document, document.Expands ? words.ExpandVariables(document.Text) : document.Text);

    private CopySource Fetched(string text, MadeFiles made)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address)) throw new RefusedException($"{text} is not a valid URL.");
        return made.Fetch(address, _checksum, Target.EndsWith('/') ? null : "file");
    }

    // A user without a group has the group of the same number.
    private static (uint Uid, uint Gid) OwnerOf(string owner, MountedContainer root)
    {
        var found = UserLookup.Find(owner, root.Root);
        return (found.Uid, owner.Contains(':') ? found.Gid : found.Uid);
    }

    private static uint Mode(string text)
    {
        try
        {
            return Convert.ToUInt32(text, 8) is <= 0xfff and var mode ? mode : throw new FormatException();
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new RefusedException($"--chmod={text}: give an octal mode such as 755.");
        }
    }
}
