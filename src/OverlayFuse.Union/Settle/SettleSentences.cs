using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>What people are told when something cannot be settled.</summary>
internal static class SettleSentences
{
    public static string CannotCopy(Errno error) => error switch
    {
        Errno.PERM =>
            "it belongs to somebody else or has attributes that you may not set, so you cannot make a copy of it: settle this upper as root, or as root of the user " +
            "namespace it was written in",
        Errno.OVERFLOW => "its owner has no number in this user namespace: settle this upper where the owner has one",
        Errno.ACCES => "you may not read it: give yourself the right and settle again",
        Errno.IO or Errno.INVAL => "what its marks lead to is not in the lower layers: \"overlayfuse check\" says more; the lower directories may be others than those it was written on",
        Errno.NOSPC or Errno.DQUOT => $"its copy does not fit into the upper ({error.Describe()}): make room and settle again",
        _ => $"{error.Describe()}: remove the cause and settle again",
    };

    public static string CannotChange(Errno error) => error switch
    {
        Errno.PERM => "the system lets you neither make device nodes nor change marks there: settle this upper as root, or as root of a user namespace",
        _ => CannotCopy(error),
    };

    public static string KeepsOwnersInMarks =>
        "owners, modes and types are kept in extended attributes (xattr_permissions), and kernel overlayfs would show those of the files that carry them: as root, " +
        "mount this upper and copy the union to another one";

    public static string NamesNotFound(int missing) =>
        $"{missing} more names of this file are expected in the lower layers and were not found: the lower directories may be others than those it was written on";
}
