using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>Which user ids there are where we run.</summary>
public static class UserIds
{
    /// <summary>Whether more than one is mapped: terminals and daemons in containers want several. Without /proc: yes.</summary>
    public static bool HasMany() => UserNamespace.UserIds?.Sum(range => range.Count) is null or > 1;
}
