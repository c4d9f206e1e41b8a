using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

// The words for rules, marks and deeds.
internal sealed partial class ExplanationWords
{
    internal static string Words(Rule rule) => rule switch
    {
        Rule.TopmostDecides => "the topmost layer that has a name decides what it is",
        Rule.DirectoriesMerge => "directories of one name merge; the topmost gives owner, mode and times",
        Rule.OpaqueEndsMerging => "an opaque directory merges with nothing below it",
        Rule.WhiteoutEndsMerging => "a whiteout between two directories keeps them apart",
        Rule.FileEndsMerging => "a file below a directory, and all below that file, is hidden by it",
        Rule.WhiteoutHides => "a whiteout says that a name does not exist, whatever is below",
        Rule.RedirectLeads => "below a redirect, the layers are asked for another name",
        Rule.MetacopyReadsBelow => "a metacopy has the metadata of a file; its bytes are read from below",
        Rule.NamesShareCopy => "all names of one file stay one file: they share its copy",
        Rule.OnlyMembersCount => "a layer is looked into only where its directory is part of the union's",
        Rule.NothingIsNothing => "what no layer has does not exist",
        Rule.OnlyDirectoriesLead => "a path leads through directories only",
        Rule.NamesAreReserved => "a name that begins with .wh. is a whiteout or a mark of one, never a file of the union",
        Rule.MountsShowEmpty => "a layer is one mount: what other mounts stand on shows as empty",
        _ => "what cannot be understood is an error, never a guess",
    };

    private static string Words(Deed deed, bool isDirectory) => deed switch
    {
        Deed.Write => "write",
        Deed.Chmod => "chmod",
        Deed.Remove => isDirectory ? "rmdir" : "rm",
        Deed.Rename => "mv",
        _ => "create",
    };

    private static string Words(Effect effect, Explanation explanation) => effect.Kind switch
    {
        EffectKind.InPlace => explanation.IsSharedCopy ? "changes the shared copy in the upper" : $"changes the upper's own {Kind(explanation.Decisive!.Type)}",
        EffectKind.CopyBlocks => $"copies the blocks it touches to the upper first; the others of its {Bytes(effect.Bytes)} follow when nobody writes",
        EffectKind.CopyWhole => $"copies the whole file ({Bytes(effect.Bytes)}) to the upper first",
        EffectKind.CopyMetadata => "copies the metadata to the upper; the bytes stay below",
        EffectKind.CopyEmpty => IsDirectory(explanation) ? "makes the directory in the upper first, without what is in it" : "copies it to the upper first; there are no bytes to copy",
        EffectKind.Complete => $"copies its {Bytes(effect.Bytes)} to the upper first, which has the metadata only",
        EffectKind.TakeAway => "takes it from the upper; nothing is below, so no whiteout is needed",
        EffectKind.TakeAwayAndHide => "takes it from the upper and leaves a whiteout there",
        EffectKind.Hide => "puts a whiteout into the upper",
        EffectKind.Move => "renames the upper's directory",
        EffectKind.MoveByRedirect => "renames the directory in the upper, with a redirect to where its files stay, and leaves a whiteout",
        EffectKind.Make => "makes it in the upper",
        EffectKind.MakeOverWhiteout => "makes it in the upper in the place of the whiteout; a directory is made opaque",
        _ => $"refused: {Refusal(effect.Refusal)}",
    };

    private static string Refusal(Errno error) => error switch
    {
        Errno.ROFS => "the union has no upper to write to (EROFS)",
        Errno.PERM => "the copy could not keep its owner or its security attributes (EPERM)",
        Errno.OVERFLOW => "its owner has no number in this user namespace, so no copy could keep it (EOVERFLOW)",
        Errno.ACCES => "the daemon may not read the bytes that it would have to copy (EACCES)",
        Errno.BUSY => "another mount stands on it (EBUSY)",
        Errno.XDEV => "the upper keeps no attributes, so it cannot say where the files stay (EXDEV)",
        _ => error.Describe(),
    };

    private static string Form(MarkForm form, string mark) => form switch
    {
        MarkForm.Device => "character device 0:0",
        MarkForm.Trusted => $"trusted.overlay.{mark}",
        MarkForm.User => $"user.overlay.{mark}",
        MarkForm.FuseOverlayFs => $"user.fuseoverlayfs.{mark}",
        _ => mark == "opaque" ? "a .wh. file in or beside it" : "a file .wh.NAME",
    };

    private static string TypeWords(LayerFinding finding) =>
        finding.Kind == LayerFindingKind.Covered ? "a mount point" : finding.Type == FileType.Directory ? "a directory" : $"a {Kind(finding.Type)}";

    private static string Kind(FileType type) => type switch
    {
        FileType.Regular => "file",
        FileType.Symlink => "symbolic link",
        FileType.Fifo => "named pipe",
        FileType.Socket => "socket",
        FileType.CharDevice => "character device",
        FileType.BlockDevice => "block device",
        _ => "directory",
    };

    private static string Bytes(ulong count) => count == 1 ? "1 byte" : $"{count} bytes";
}
