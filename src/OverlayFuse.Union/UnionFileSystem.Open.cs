using System.Text;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// The way from options to a file system that can be served. Nothing is mounted yet; what fails says so in a sentence.
public sealed partial class UnionFileSystem
{
    private const int SmallestBudget = 64;
    private const int OpenByItself = 32;
    private const int OpenByThread = 4; // a device, and what is open while it copies
    private const int FewestThreads = 16;
    private const int MostThreads = 32;

    /// <summary>What the session must be asked for, so that the promises of the data mode hold.</summary>
    public SessionOptions SessionOptions => SessionOptionsWith(null, null);

    /// <summary>As <see cref="SessionOptions"/>, with a place for messages and one for a line about each request.</summary>
    public SessionOptions SessionOptionsWith(Action<string>? log, Action<string>? trace)
    {
        var wanted = InitFlags.AsyncRead | InitFlags.ExportSupport | InitFlags.BigWrites | InitFlags.DontMask | InitFlags.HasIoctlDir
            | InitFlags.DoReadDirPlus | InitFlags.ReadDirPlusAuto | InitFlags.AsyncDio | InitFlags.NoOpenDirSupport | InitFlags.ParallelDirOps
            | InitFlags.AbortError | InitFlags.MaxPages | InitFlags.CacheSymlinks | InitFlags.HandleKillPrivV2 | InitFlags.SetXattrExt
            | InitFlags.InitExt | InitFlags.CreateSuppGroup | InitFlags.HasResend | InitFlags.AllowIdMap;
        if (_options.Acl) wanted |= InitFlags.PosixAcl;
        if (_options.Transport == Transport.Ring) wanted |= InitFlags.OverIoUring;

        // Never together: the writeback cache silently turns passthrough off, and ATOMIC_O_TRUNC loses truncations with opens that the kernel does not report.
        if (_passthrough is not null) wanted |= InitFlags.Passthrough | InitFlags.AtomicOTrunc;
        else wanted |= InitFlags.NoOpenSupport | (_options.WriteBack && Upper is not null ? InitFlags.WritebackCache : 0);
        return new SessionOptions { Wanted = wanted, MaxStackDepth = 2, MaxThreads = Threads(_openLimit), RingAdvice = "Mount with transport=device.", Log = log, Trace = trace };
    }

    /// <summary>Opens all layers and takes the work directory. Throws <see cref="MountException"/> and leaves nothing behind.</summary>
    public static UnionFileSystem Open(UnionOptions options, Action<string>? onWait = null)
    {
        if (options.LowerDirectories.Count == 0) throw new MountException("cannot mount a union of no layers: give at least one directory with lowerdir=.");
        if (options.UpperDirectory is not null && options.WorkDirectory is null)
            throw new MountException($"cannot write to the upper directory {Encoding.UTF8.GetString(options.UpperDirectory)} without a work directory: give workdir= " +
                "with an empty directory on the same file system.");

        var owners = new Owners(options);
        if (options.Data == DataMode.Passthrough && !Credentials.OfThisProcess(OverrideForm.None).IsHostRoot)
            throw new MountException("cannot use data=passthrough: the kernel lets only root give it files to read and write by itself. Leave the option out; data=cached is for everybody.");

        var limit = RaiseFileLimit();
        var budget = Budget(limit);
        var cache = new DescriptorCache(budget);
        var remarks = new List<string>();
        using var undo = new Undo();
        var mountPoint = FindMountPoint(options.MountPoint, out var mountPointPath);

        // A layer that is missing is found out before anything is written to the work directory.
        using var lowers = new LowerDirectories(options.LowerDirectories.Concat(options.DataDirectories), budget / 4);

        WorkDirectory? work = null;
        var upperDescriptor = DirFd.None;
        UpperFeatures? features = null;
        if (options.UpperDirectory is not null && !options.ReadOnly)
        {
            (upperDescriptor, work, features) = WritableSide.Open(options, lowers, remarks, onWait);
            undo.Add(upperDescriptor.Close);
            undo.Add(work.Dispose);
        }

        using var unwritten = options is { ReadOnly: true, UpperDirectory: not null } ? new UnwrittenNames(options.WorkDirectory!) : null;
        var numbers = work?.LayerNumbers ?? unwritten?.LayerNumbers ?? new LayerNumbers();
        var opener = new LayerOpener(cache, numbers, MountInfo.Read(), budget / 4) { MountPoint = mountPoint, MountPointPath = mountPointPath };
        var layers = new List<Layer>();
        undo.Add(() => layers.ForEach(layer => layer.Root.CloseRoot()));
        Upper? upper = null;
        if (work is not null)
        {
            var layer = opener.OpenUpper(upperDescriptor, options.UpperDirectory!);
            layers.Add(layer);
            layer.DeviceOfFiles = work.DeviceOfFiles;
            var form = layer.Overrides != OverrideForm.None ? layer.Overrides : options.KeepOwnersIn;
            upper = layer.Upper = new Upper(layer, work, features!, Credentials.OfThisProcess(form, owners.AreSquashed), options.Durability)
            {
                Partial = new PartialPolicy(options.WholeUpTo ?? PartialPolicy.Never, options.Settle, options.Immutable),
                IsSyncedAsWhole = WritableSide.IsSyncedAsWhole(upperDescriptor),
            };
        }
        else if (options.UpperDirectory is not null) layers.Add(opener.OpenLower(1, options.UpperDirectory)); // ro: the upper is the topmost layer to read
        for (var i = 0; i < lowers.Count; i++)
            layers.Add(opener.OpenLower(layers.Count + (upper is null ? 1 : 0), lowers.Path(i), lowers.Take(i, out var isReal), isReal, isDataOnly: i >= options.LowerDirectories.Count));
        work?.LayerNumbers.Write();

        if (upper is not null && upper.Overrides != options.KeepOwnersIn) BeginOverrides(upper, options.KeepOwnersIn, layers, remarks);

        var tree = PlantTree(layers, upper, work, owners);
        unwritten?.Check(tree);
        tree.StaticLinkCount = options.StaticLinkCount;
        if (options.NarrowInodes) tree.NarrowInodes = work?.OpenNarrowInodes() ?? new NarrowInodes();
        undo.Keep();
        return new UnionFileSystem(options, tree, layers, cache, budget / 4) { Remarks = remarks, _openLimit = limit };
    }

    // An upper has one form for good: what is in it was written in that.
    private static void BeginOverrides(Upper upper, OverrideForm wanted, List<Layer> layers, List<string> remarks)
    {
        if (upper.Overrides == OverrideForm.None) upper.KeepOwnersIn(wanted, layers.Where(layer => !layer.IsUpper));
        else if (wanted != OverrideForm.None)
            remarks.Add($"the upper directory keeps owners in {Encoding.ASCII.GetString(OverrideNames.Mark(upper.Overrides))} already, and goes on to.");
    }

    /// <summary>The union as it is on disk now, known from its root only.</summary>
    internal Tree PlantAgain() => PlantTree(_layers, Upper, Upper?.Work, _tree.Owners);

    private static Tree PlantTree(List<Layer> layers, Upper? upper, WorkDirectory? work, Owners owners)
    {
        // Loops, here and in what is made below: Select() of a Where() has the runtime put types together, for a tenth of a millisecond each.
        List<LayerDirectory> lowers = [], dataOnly = [];
        foreach (var layer in layers)
        {
            if (!layer.IsUpper) (layer.IsDataOnly ? dataOnly : lowers).Add(layer.Root);
        }
        var root = new UnionDirectory(upper?.Layer.Root, [.. lowers]);
        var inodes = new InodeMap(work?.InodeNumbers ?? new InodeNumbers(), work?.Origins);
        var tree = new Tree(root, inodes, upper, owners, [.. dataOnly]);
        tree.Nodes.AddRoot(new Node
        {
            Type = FileType.Directory,
            Inode = inodes.NumberOf(root.Top, root.Top.Inode),
            Flags = upper is null ? NodeFlags.None : NodeFlags.Upper,
            State = root,
        });
        return tree;
    }

    private static int RaiseFileLimit()
    {
        if (Syscall.GetLimit(ResourceLimit.OpenFiles, out var current, out var maximum) != Errno.None) return 0;
        if (current < maximum && Syscall.SetLimit(ResourceLimit.OpenFiles, maximum, maximum) == Errno.None) current = maximum;
        return (int)Math.Min(current, int.MaxValue);
    }

    private static int Threads(int limit) => Math.Clamp(limit / (OpenByThread * OpenByThread), FewestThreads, MostThreads);

    // Of what threads leave, directories get the half, the roots of layers an eighth, and files the rest: those that come up in part have three descriptors.
    private static int Budget(int limit) => Math.Clamp((limit - OpenByItself - OpenByThread * Threads(limit)) / 2, SmallestBudget, 4096);

    private static (ulong, ulong, byte[])? FindMountPoint(byte[] path, out byte[]? realPath)
    {
        realPath = null;
        if (Syscall.OpenAt(DirFd.Cwd, path, OpenFlags.Path, 0, out var fd) != Errno.None) return null; // the mount itself will say so
        realPath = LayerOpener.RealPath(new DirFd(fd.Number));
        fd.Close();
        if (realPath is null || realPath.Length < 2) return null;
        var slash = Array.LastIndexOf(realPath, (byte)'/');
        var above = slash == 0 ? "/"u8.ToArray() : realPath[..slash];
        if (Syscall.OpenAt(DirFd.Cwd, above, OpenFlags.Path, 0, out fd) != Errno.None) return null;
        var error = Syscall.Stat(fd, out var status);
        fd.Close();
        return error == Errno.None ? (status.Device, status.Inode, realPath[(slash + 1)..]) : null;
    }
}
