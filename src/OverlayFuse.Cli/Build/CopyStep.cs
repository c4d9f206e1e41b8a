using System.Globalization;
using System.Text;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>COPY and ADD: what is copied, where to, and as whose.</summary>
internal sealed class CopyStep
{
    private readonly Instruction _instruction;
    private readonly List<CopyEnd> _sources;
    private readonly BuildContext _context;
    private readonly string? _owner;
    private readonly uint? _mode;

    /// <param name="words">Puts variables in.</param>
    /// <param name="directory">WORKDIR.</param>
    public CopyStep(Instruction instruction, BuildContext context, ShellWords words, string directory)
    {
        (_instruction, _context) = (instruction, context);
        var all = ConfigChange.JsonList(instruction.Text)?.Select(words.Expand).ToList() ?? [.. words.ExpandWords(instruction.Text)];
        if (all.Count < 2) throw new RefusedException($"{instruction.Keyword} requires at least two arguments, but only one was provided.");
        if (instruction.Keyword == "ADD" && all.Find(source => source.Contains("://", StringComparison.Ordinal)) is { } address)
            throw new RefusedException($"ADD of {address}: addresses are not fetched here. Fetch it in a RUN step, or beforehand.");
        foreach (var (name, value) in instruction.Flags)
        {
            switch (name)
            {
                case "chown": _owner = words.Expand(value); break;
                case "chmod": _mode = Mode(words.Expand(value)); break;
                case "from" when instruction.Keyword == "COPY": break;
                default: throw new RefusedException($"Unknown flag: {name}");
            }
        }
        Target = ConfigChange.Within(directory, all[^1]);
        _sources = [.. all.SkipLast(1).SelectMany(context.Find)];
        if (_sources.Count > 1 && !Target.EndsWith('/') && all[^1] is not ("." or ".."))
            throw new RefusedException($"When using {instruction.Keyword} with more than one source file, the destination must be a directory and end with a /");
        if (all[^1] is "." or "..") Target += "/";
    }

    public string Target { get; }

    /// <summary>For the cache: what is copied under which name.</summary>
    public List<string> Inputs() => [.. _sources.Select(source => $"{Encoding.UTF8.GetString(Name(source))} {_context.DigestOf(source)}"), Target, _owner ?? "", _mode?.ToString(CultureInfo.InvariantCulture) ?? ""];

    /// <param name="root">The file system of the image, mounted.</param>
    public void Run(MountedContainer root)
    {
        var (uid, gid) = _owner is null ? (0u, 0u) : OwnerOf(_owner, root);
        foreach (var source in _sources)
        {
            using var resolver = new PathResolver(root.Root, [], isReadOnly: false);
            var path = CopyPath.Parse(Encoding.UTF8.GetBytes(Target));
            var target = resolver.Find(path, followLast: true);
            if (_instruction.Keyword == "ADD" && !source.IsDirectory && source.IsArchive(out var archive))
            {
                using (archive) Extract(archive, target);
                continue;
            }
            if (source.IsDirectory || path.MeansDirectory || _sources.Count > 1)
            {
                if (target is { Exists: true, IsDirectory: false }) throw new RefusedException($"cannot copy to non-directory: {Target}");
                TreeTransfer.MakeDirectories(root.Root, target.Path);
                target = target with { Exists = true, IsDirectory = true, HasParent = true };
            }
            var plan = source.IsDirectory ? CopyPlan.ContentsIntoTarget : target.IsDirectory ? CopyPlan.IntoTarget : CopyPlan.AsTarget;
            TreeTransfer.Run(source, Name(source), target, plan, entry => Adjust(entry, uid, gid), writer => _context.Reader(writer, source));
        }
    }

    private void Adjust(TarEntry entry, uint uid, uint gid)
    {
        (entry.Uid, entry.Gid) = (uid, gid);
        if (_mode is { } mode && entry.Kind != TarKind.SymbolicLink) entry.Mode = mode;
    }

    // An archive brings its own owners.
    private static void Extract(Stream archive, CopyEnd target)
    {
        try
        {
            TreeTransfer.MakeDirectories(target.Root, target.Path);
            using var applier = TreeTransfer.Applier(target.Root, target.Path, _ => { });
            applier.Apply(new TarReader(archive));
        }
        catch (InvalidDataException e)
        {
            throw new RefusedException($"cannot unpack the archive: {e.Message}.");
        }
    }

    private static byte[] Name(CopyEnd source) => source.Path[(source.Path.AsSpan().LastIndexOf((byte)'/') + 1)..];

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
            throw new RefusedException($"--chmod={text}: an octal mode such as 755 is wanted.");
        }
    }
}
