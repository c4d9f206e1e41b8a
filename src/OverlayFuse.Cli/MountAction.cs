using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>What every form of mounting does once its words are known.</summary>
internal static class MountAction
{
    private const ulong FewestFiles = 80; // a daemon has 25 open when it begins, and each of its threads one more

    /// <exception cref="MountException">Nothing was mounted.</exception>
    public static int Run(MountForm form, MountWords words, bool fake = false)
    {
        if (Descriptors.WhyNoMount(words.MountPoint) is { } why) throw new MountException($"cannot mount on {ByteText.Show(words.MountPoint)}: {why}.");
        try
        {
            return Mount(form, words, fake);
        }
        catch (MountException e) when (Descriptors.Named(words.MountPoint).IsOpen)
        {
            throw new MountException($"{e.Message}\nThe earlier mount on {ByteText.Show(words.MountPoint)} is still there, but nothing serves it. Remove it: umount -l MERGED, " +
                "or fusermount3 -uz MERGED");
        }
    }

    private static int Mount(MountForm form, MountWords words, bool fake)
    {
        var options = MountOptionsParser.Parse(form, words.OptionLists);
        if (words.LayerFile is not null)
        {
            if (options.Lowers.Count > 0) throw new MountException("the layers are given twice: by --layers and by lowerdir. Choose one.");
            options.Lowers.AddRange(LayerFile.Read(words.LayerFile));
        }
        if (words.LogFile is not null) options.LogFile = ByteText.Bytes(words.LogFile);

        MountJob job;
        try
        {
            job = MountPlanner.Plan(form, options, words.Source, words.MountPoint, Caller.Current(), words.Subtype);
        }
        finally
        {
            Terminal.Say(options.Notices); // what was left out may be why the rest makes no sense
        }
        if (fake) return 0;
        if (Syscall.GetLimit(ResourceLimit.OpenFiles, out var files, out _) == Errno.None && files < FewestFiles)
            throw new MountException($"cannot mount on {ByteText.Show(words.MountPoint)}: this process may have {files} files open (ulimit -n), which is too few; 256 are enough.");

        var isDebugged = words.Debug || options.Debug;
        if (isDebugged) Terminal.Say(MountJobText.ForPeople(job));
        if (words.Foreground || isDebugged) UnionMount.Run(job, live: Terminal.Say, onWait: Terminal.Say, trace: isDebugged ? Terminal.Say : null);
        else if (ForkedDaemon.Caller is { IsOpen: true } caller) return ForkedDaemon.Serve(job, caller);
        else DaemonLauncher.Launch(job);
        return 0;
    }
}
