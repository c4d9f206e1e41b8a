using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>The last sentence of a message: what to do.</summary>
internal static class Advice
{
    /// <summary>About an error in the work directory: <paramref name="otherwise"/>, unless there is no room.</summary>
    public static string For(Errno error, string otherwise) => error is Errno.NOSPC or Errno.DQUOT ? "Make room there, blocks or inodes (df, df -i)." : otherwise;
}
