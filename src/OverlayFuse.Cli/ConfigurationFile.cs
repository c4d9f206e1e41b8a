using System.Text;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>A file of a container tool that "overlayfuse install" changes and changes back, or makes and removes.</summary>
/// <param name="Add">From its text (null: there is none) to that with us in it.</param>
/// <param name="Remove">From its text, and the one before we came, to that without us. Null: the file is our own.</param>
/// <param name="IsLink">A symbolic link; its text is where it leads.</param>
/// <param name="Default">The distribution's file, which a file at <paramref name="Path"/> replaces as a whole: a new one starts as that.</param>
/// <param name="OwnDirectories">How many directories above it are for it alone.</param>
internal sealed record ConfigurationFile(string Path, Func<string?, string> Add, Func<string, string?, string>? Remove = null, bool IsLink = false, string? Default = null,
    int OwnDirectories = 0)
{
    /// <summary>What is written: where a file is kept elsewhere and linked to from <see cref="Path"/>, that one.</summary>
    /// <exception cref="MountException">There is nothing where it leads.</exception>
    public string Place
    {
        get
        {
            if (IsLink || new FileInfo(Path).LinkTarget is not { } target) return Path;
            if (Syscall.Stat(Path, out _) != Errno.None) throw new MountException($"it is a link to {target}, which does not exist");
            return File.ResolveLinkTarget(Path, returnFinalTarget: true)!.FullName;
        }
    }

    /// <summary>The file as it was before; empty where there was none.</summary>
    public string BackupPath => Place + ".before-overlayfuse";

    /// <exception cref="MountException">It cannot be read or is not understood.</exception>
    public FileChange? ToInstall() => Sentence(() =>
    {
        var before = Read(Path);
        var after = Add(before ?? DefaultText());
        return before == after ? null : new FileChange(this, before, after, Remove is not null && Read(BackupPath) is null ? before ?? "" : null);
    });

    /// <exception cref="MountException">It cannot be read or is not understood.</exception>
    public FileChange? ToRemove() => Sentence(() =>
    {
        var before = Read(Path);
        if (Remove is null) return before is null ? null : new FileChange(this, before, null, null);
        if (Read(BackupPath) is not { } backup) return null; // what is there is not from us
        var original = backup.Length == 0 ? null : backup;
        var start = original ?? DefaultText();
        return new FileChange(this, before, before is null || before == Add(start) ? original : Remove(before, start), null);
    });

    private string? DefaultText() => Default is null ? null : Read(Default);

    private FileChange? Sentence(Func<FileChange?> make)
    {
        try
        {
            _ = Place;
            return make();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException or MountException)
        {
            throw new MountException($"cannot change {Path}: {FileChanges.Why(e)}.\nNothing was changed.");
        }
    }

    private string? Read(string path)
    {
        if (IsLink) return new FileInfo(path).LinkTarget;
        return File.Exists(path) ? File.ReadAllText(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true)) : null;
    }
}
