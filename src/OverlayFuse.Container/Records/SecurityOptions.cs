using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>--security-opt: "no-new-privileges" and "seccomp=unconfined". Pure.</summary>
internal static class SecurityOptions
{
    public const string NoNewPrivileges = "no-new-privileges";
    public const string Unconfined = "seccomp=unconfined";

    /// <exception cref="RefusedException">One is neither.</exception>
    public static IEnumerable<string> Check(IEnumerable<string> options)
    {
        foreach (var option in options)
        {
            yield return option switch
            {
                NoNewPrivileges or "no-new-privileges:true" or "no-new-privileges=true" => NoNewPrivileges,
                Unconfined or "seccomp:unconfined" => Unconfined,
                _ => throw new RefusedException($"invalid --security-opt: \"{option}\". There are {NoNewPrivileges} and {Unconfined}.", 125),
            };
        }
    }
}
