using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>--init: a program that passes signals on and reaps what others leave. It has to run without the libraries of the host.</summary>
internal static class InitProgram
{
    /// <summary>Where the container has it: /dev is a mount of its own, so that nothing is made in its layer.</summary>
    public const string Place = "/dev/init";

    /// <exception cref="RefusedException">None is installed.</exception>
    public static string Find() =>
        new[] { "docker-init", "tini-static", "catatonit" }.Select(ProgramPath.Find).FirstOrDefault(path => path is not null)
        ?? throw new RefusedException("--init needs tini-static or catatonit, and neither is installed. They are in the packages tini and catatonit.", 125);
}
