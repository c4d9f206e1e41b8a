using System.Globalization;
using System.Reflection;
using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>A union over directories of its own, opened but not mounted; tests ask it as the kernel would.</summary>
internal sealed class TestUnion : IUnion
{
    private readonly Scratch _scratch;
    private readonly Form _form;
    private readonly uint _umask = Syscall.Umask(0);
    private readonly List<string> _apart = [];
    private string? _lowersBefore;

    /// <param name="above">Where to make it; by default in memory, where that takes attributes.</param>
    public TestUnion(int lowers, Form? form = null, string? above = null, int dataOnly = 0)
    {
        _form = form ?? Form.OfThisUser;
        (LowerCount, DataCount) = (lowers, dataOnly);
        _scratch = new Scratch(above ?? Above);
        for (var i = 1; i <= lowers; i++) Directory.CreateDirectory($"{_scratch.Path}/lower{i}");
        for (var i = 1; i <= dataOnly; i++) Directory.CreateDirectory($"{_scratch.Path}/data{i}");
    }

    /// <summary>Where unions of tests are made: in memory, without waiting for a disk, where that takes attributes.</summary>
    public static string Above { get; } = HasUserXattrs("/dev/shm") ? "/dev/shm" : "/var/tmp";

    public int LowerCount { get; }

    public int DataCount { get; }

    /// <summary>Owners as a mount takes them: uidmapping=..., squash_to_uid=... and the like.</summary>
    public string Options { get; init; } = "";

    /// <summary>Whether the kernel of <see cref="Mount"/> remembers what it was given.</summary>
    public bool Keeps { get; init; }

    /// <summary>See <see cref="Kernel.Delay"/>.</summary>
    public int Delay { get; init; }

    /// <summary>Changes what the union is opened with.</summary>
    public Action<UnionOptions>? Wish { get; init; }

    /// <summary>Whether objects of the upper are to be read by their marks.</summary>
    public bool KeepsOwnersInMarks => _form.Overrides != OverrideForm.None;

    /// <summary>Which boot of the machine it is opened in; null: this one.</summary>
    public BootId? Boot { get; set; }

    public string Path => _scratch.Path;

    /// <summary>Where upper and work directory are, if not beside the layers.</summary>
    public string? Writable { get; init; }

    public string Upper => $"{Writable ?? Path}/upper";

    public string Work => $"{Writable ?? Path}/work";

    public UnionFileSystem Union { get; private set; } = null!;

    public Kernel Kernel { get; private set; } = null!;

    public IActor Actor => Kernel;

    public Tree Tree => (Tree)typeof(UnionFileSystem).GetField("_tree", BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(Union)!;

    public MarkFamily Family => Scratch.IsRoot && Syscall.GetEUid() == 0 ? MarkFamily.Trusted : MarkFamily.User;

    /// <summary>Puts objects into a layer ("upper", "lower1" ...), before the union is opened.</summary>
    public TestUnion With(string layer, string text)
    {
        Make(layer, text);
        return this;
    }

    public void Make(string layer, string text) => LayerText.Make($"{Path}/{layer}", text, Family);

    public void PutApart(string layer)
    {
        _apart.Add(layer);
        Shell($"mount -t tmpfs tmpfs {layer} && chmod 755 {layer}");
    }

    public void Mount() => Open(Keeps);

    public void Unmount() => Close();

    public void Forget() => Kernel.ForgetAll();

    public TestUnion Open(bool keeps = true, bool readOnly = false)
    {
        _lowersBefore ??= Lowers();
        Union = UnionFileSystem.Open(Stack(readOnly));
        Union.Use();
        if (_form.Features is { } change && Tree.Upper is { } upper)
        {
            var field = typeof(Upper).GetField("<features>P", BindingFlags.NonPublic | BindingFlags.Instance)!;
            field.SetValue(upper, change((UpperFeatures)field.GetValue(upper)!));
        }
        if (Tree.Upper is { } writable) writable.Work.IsUnused = false; // as if it were mounted
        if (Boot is { } boot) Tree.Upper!.Work.PartialMaps.Boot = boot;
        Kernel = new Kernel(Union, keeps) { Delay = Delay };
        return this;
    }

    public UnionOptions Stack(bool readOnly = false)
    {
        var options = new UnionOptions { MountPoint = Encoding.UTF8.GetBytes($"{Path}/nowhere"), Data = DataMode.Cached, ReadOnly = readOnly };
        if (_form.WholeUpTo is { } bytes) options.WholeUpTo = bytes;
        options.KeepOwnersIn = _form.Overrides;
        Wish?.Invoke(options);
        for (var i = 1; i <= LowerCount; i++) options.LowerDirectories.Add(Encoding.UTF8.GetBytes($"{Path}/lower{i}"));
        for (var i = 1; i <= DataCount; i++) options.DataDirectories.Add(Encoding.UTF8.GetBytes($"{Path}/data{i}"));
        foreach (var option in Options.Split(',', StringSplitOptions.RemoveEmptyEntries)) Apply(option, options);
        if (readOnly) return options;
        options.UpperDirectory = Encoding.UTF8.GetBytes(Upper);
        options.WorkDirectory = Encoding.UTF8.GetBytes(Work);
        return options;
    }

    private static void Apply(string option, UnionOptions options)
    {
        var numbers = option[(option.IndexOf('=') + 1)..].Split(':').Where(word => char.IsAsciiDigit(word[0])).Select(uint.Parse).ToArray();
        switch (option[..option.IndexOf('=')])
        {
            case "uidmapping": options.UidMapping.AddRange(numbers.Chunk(3).Select(n => new IdRange(n[0], n[1], n[2]))); break;
            case "gidmapping": options.GidMapping.AddRange(numbers.Chunk(3).Select(n => new IdRange(n[0], n[1], n[2]))); break;
            case "squash_to_uid": options.SquashToUid = numbers[0]; break;
            case "squash_to_gid": options.SquashToGid = numbers[0]; break;
            case "xino": break; // inode numbers are the same whatever it says
            case "xattr_permissions": options.KeepOwnersIn = numbers[0] switch { 0 => OverrideForm.None, 1 => OverrideForm.Privileged, _ => OverrideForm.Containers }; break;
            default: throw new FormatException(option);
        }
    }

    /// <summary>Settles the upper between two times that it is open.</summary>
    public SettleReport Settle(SettleForm form)
    {
        Close();
        var report = Settlement.Run(Stack(), form);
        Open();
        return report;
    }

    public void Close()
    {
        Kernel?.ForgetAll();
        Union?.Dispose();
    }

    /// <summary>Closes the union and empties the writable side.</summary>
    public void Clear()
    {
        Close();
        foreach (var side in (string[])["upper", "work"]) Empty($"{Path}/{side}");
    }

    /// <summary>What the lower layers hold, to the byte: names, types, owners, modes, times, contents, attributes.</summary>
    public string Lowers() => string.Join('\n', Enumerable.Range(1, LowerCount).Select(i => $"lower{i}").Concat(Enumerable.Range(1, DataCount).Select(i => $"data{i}")).SelectMany(layer => LayerText.Snapshot($"{Path}/{layer}")));

    public string LowersBefore => _lowersBefore!;

    public string Shell(string script) => _scratch.Shell(script);

    /// <summary>What is left half done in the work directory.</summary>
    public string Leftovers() => string.Join(' ', Directory.GetFileSystemEntries($"{Work}/overlayfuse/temp").Concat(Directory.GetFileSystemEntries($"{Work}/overlayfuse/orphans"))
        .Select(System.IO.Path.GetFileName).Where(n => n != "whiteout"));

    public void Dispose()
    {
        Close();
        Syscall.Umask(_umask);
        foreach (var layer in _apart) Shell($"umount {layer}");
        _scratch.Dispose();
    }

    private static void Empty(string directory)
    {
        Syscall.ChmodAt(DirFd.Cwd, Encoding.UTF8.GetBytes(directory), 0x1ED);
        foreach (var entry in new DirectoryInfo(directory).GetFileSystemInfos())
        {
            if (entry is DirectoryInfo { LinkTarget: null }) Empty(entry.FullName);
            entry.Delete();
        }
    }

    private static bool HasUserXattrs(string directory)
    {
        var path = $"{directory}/overlayfuse-test-{Environment.ProcessId}";
        if (!Directory.Exists(directory)) return false;
        File.WriteAllText(path, "");
        if (Syscall.Open(path, OpenFlags.ReadOnly, out var fd) != Errno.None) return false;
        var error = Syscall.SetXattr(fd, "user.test"u8, "1"u8, XattrFlags.None);
        fd.Close();
        File.Delete(path);
        return error == Errno.None;
    }

    /// <summary>A kind of upper: what its file system can, or is taken to be able to.</summary>
    public sealed record Form(string Name, Func<UpperFeatures, UpperFeatures>? Features, bool IsOrdinaryUser = false, ulong? WholeUpTo = null, OverrideForm Overrides = OverrideForm.None)
    {
        public static readonly Form OfThisUser = new("devices", null);
        public static readonly Form OrdinaryUser = new("ordinary user", null, IsOrdinaryUser: true);
        public static readonly Form InPart = new("in part", null, WholeUpTo: 8192);
        public static readonly Form InPartByOrdinaryUser = new("in part, ordinary user", null, IsOrdinaryUser: true, WholeUpTo: 8192);
        public static readonly Form AllInPart = new("all in part", null, WholeUpTo: 1);
        public static readonly Form AllInPartByOrdinaryUser = new("all in part, ordinary user", null, IsOrdinaryUser: true, WholeUpTo: 1);
        public static readonly Form OwnersInMarks = new("owners in marks", null, Overrides: OverrideForm.Containers);
        public static readonly Form OwnersInMarksOfOrdinaryUser = new("owners in marks, ordinary user", null, IsOrdinaryUser: true, Overrides: OverrideForm.Containers);
        public static readonly Form WithoutRenameFlags = new("no whiteout by rename", f => f with { RenameWhiteout = false, KeepsUnlinked = false });
        public static readonly Form MarkedWhiteouts = new("marked whiteouts", f => f with { Whiteout = WhiteoutForm.Xattr, RenameWhiteout = false });
        public static readonly Form Oci = new("oci", f => f with { Whiteout = WhiteoutForm.Oci, Marks = null, RenameWhiteout = false });

        public override string ToString() => Name.ToString(CultureInfo.InvariantCulture);
    }
}
