using System.CommandLine;
using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse cp [-a] [-L] CONTAINER:PATH PATH", or the other way round; "-" is an archive on standard input or output.</summary>
internal static class CopyVerb
{
    private static readonly byte[] Stream = "-"u8.ToArray();

    public static Command Create()
    {
        var source = new Argument<string>("SOURCE") { Description = "CONTAINER:PATH, a path of the host, or - for an archive on standard input." };
        var target = new Argument<string>("TARGET") { Description = "The same; - writes an archive to standard output." };
        var archive = new Option<bool>("--archive", "-a") { Description = "Keep owner and group." };
        var follow = new Option<bool>("--follow-link", "-L") { Description = "Copy what a link leads to, not the link." };
        var command = new Command("cp", "Copy files between a container, running or not, and the host.") { source, target, archive, follow };
        command.SetAction(result =>
        {
            var (from, to) = (ByteText.Bytes(result.GetRequiredValue(source)), ByteText.Bytes(result.GetRequiredValue(target)));
            switch (CopyPath.Split(from), CopyPath.Split(to))
            {
                case ({ } inside, null):
                    From(inside.Container, inside.Path, to, result.GetValue(archive), result.GetValue(follow));
                    return 0;
                case (null, { } inside):
                    Into(inside.Container, inside.Path, from, result.GetValue(archive), result.GetValue(follow));
                    return 0;
                case (null, null): throw new RefusedException("must specify at least one container source.");
                default: throw new RefusedException("copying between containers is not supported.");
            }
        });
        return command;
    }

    private static void From(string name, byte[] path, byte[] target, bool keepOwners, bool follow)
    {
        using var mounted = MountedContainer.Open(name);
        using var view = View(mounted);
        var parsed = CopyPath.Parse(path);
        var source = Existing(view.Find(parsed, follow), $"{name}:{ByteText.Show(path)}");
        if (target.AsSpan().SequenceEqual(Stream))
        {
            OutputFile.Write(null, output =>
            {
                var archive = new TarWriter(output) { NamesRoot = true };
                source.WriteTo(new TreeArchive(archive), parsed.Name);
                archive.End();
            });
            return;
        }
        using var host = HostPath.Open(target, follow: true);
        Copy(source, parsed, host.End, CopyPath.Parse(target), ByteText.Show(target), keepOwners ? null : (Syscall.GetEUid(), Syscall.GetEGid()));
    }

    private static void Into(string name, byte[] path, byte[] source, bool keepOwners, bool follow)
    {
        using var mounted = MountedContainer.Open(name);
        using var view = View(mounted);
        var parsed = CopyPath.Parse(path);
        var end = view.Find(parsed, followLast: true);
        var shown = $"{name}:{ByteText.Show(path)}";
        switch (view.IsWritable(end.Path, out var isFile))
        {
            case null when mounted.Container.Record.ReadOnly: throw new RefusedException("container rootfs is marked read-only.");
            case false: throw new RefusedException("mounted volume is marked read-only.");
            case true when isFile: throw new RefusedException($"cannot replace {shown}, on which a file of the host is mounted: {Errno.BUSY.Describe()}.");
        }
        (uint, uint)? owner = keepOwners ? null : (0, 0);
        if (source.AsSpan().SequenceEqual(Stream))
        {
            if (end is not { Exists: true, IsDirectory: true }) throw new RefusedException($"destination \"{shown}\" must be a directory.");
            view.Do(() => Extract(end, owner));
            return;
        }
        using var host = HostPath.Open(source, follow);
        view.Do(() => Copy(Existing(host.End, ByteText.Show(source)), CopyPath.Parse(source), end, parsed, shown, owner));
    }

    private static ContainerView View(MountedContainer mounted)
    {
        var volumes = new VolumeUses(mounted.Store);
        if (mounted.Container.IsRunning) volumes.Locate(mounted.Container);
        else volumes.Begin(mounted.Container); // the supervisor ends them when it unmounts
        var others = Directory.EnumerateDirectories(mounted.Store.State.Overlay).Select(layer => Path.Combine(layer, "merged")).Where(path => path != mounted.Path);
        return ContainerView.Open(mounted.Path, [.. ContainerFiles.Mounts(mounted.Container), .. mounted.Container.Record.Mounts], others);
    }

    private static CopyEnd Existing(CopyEnd end, string shown) =>
        end.Exists ? end : throw new RefusedException(shown.Contains(':') ? $"No such container:path: {shown}" : $"lstat {shown}: no such file or directory");

    private static void Copy(CopyEnd source, CopyPath sourcePath, CopyEnd target, CopyPath targetPath, string shown, (uint Uid, uint Gid)? owner)
    {
        var plan = CopyRules.For(new CopyFacts
        {
            SourceIsDirectory = source.IsDirectory,
            ContentsOnly = sourcePath.IsContents || (source.IsDirectory && sourcePath.Name is [(byte)'.']),
            TargetExists = target.Exists,
            TargetIsDirectory = target.IsDirectory,
            TargetMeansDirectory = targetPath.MeansDirectory,
            TargetHasParent = target.HasParent,
        }, shown);
        TreeTransfer.Run(source, sourcePath.Name, target, plan, entry =>
        {
            if (owner is { } wanted) (entry.Uid, entry.Gid) = wanted;
        });
    }

    private static void Extract(CopyEnd target, (uint Uid, uint Gid)? owner)
    {
        try
        {
            using var input = new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(0, ownsHandle: false), FileAccess.Read, 1 << 16);
            using var applier = TreeTransfer.Applier(target.Root, target.Path, entry =>
            {
                if (owner is { } wanted) (entry.Uid, entry.Gid) = wanted;
            });
            applier.Apply(new TarReader(input));
        }
        catch (InvalidDataException e)
        {
            throw new RefusedException($"cannot take the archive from standard input: {e.Message}.");
        }
    }
}
