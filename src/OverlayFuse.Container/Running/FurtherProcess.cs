using System.Text;
using System.Text.Json.Nodes;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>A program that exec runs in a container beside its first one: with the container's variables, limits and rights.</summary>
public static class FurtherProcess
{
    private const int Refused = 125;

    /// <summary>Runs it to its end, or with <paramref name="isDetached"/> until it has begun.</summary>
    /// <param name="root">The container's root file system.</param>
    /// <returns>The exit code and, when it could not be started, what the runtime says of that.</returns>
    /// <exception cref="RefusedException">There is no such user, or it makes no sense.</exception>
    public static (int ExitCode, string Error) Run(StoredContainer container, ExecRequest request, DirFd root, Attachment streams, bool isDetached)
    {
        var user = UserLookup.Find(request.User ?? container.Record.Config.User, root, container.Record.GroupAdd);
        var spec = Describe(container.Record, request, user, HostFacts.BoundingSet());
        var path = Path.Combine(container.RuntimeRoot, $"exec.{Identifier.New()[..8]}");
        Directory.CreateDirectory(container.RuntimeRoot);
        try
        {
            File.WriteAllBytes(path, Encoding.UTF8.GetBytes(spec.ToJsonString()));
            _ = Syscall.Umask(ProcessSpec.UsualMask); // older runtimes hand on their own, which is the caller's
            string[] how = isDetached ? ["--detach"] : [];
            return Runtime.Of(container).Run(["exec", .. how, "--process", path, container.Id], streams.Input, streams.Output, streams.Error);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>The process as the runtime is told of it. Pure.</summary>
    internal static JsonObject Describe(ContainerRecord record, ExecRequest request, UserLookup user, ulong available)
    {
        if (request.WorkingDirectory is { } directory && !directory.StartsWith('/'))
            throw new RefusedException($"the working directory '{directory}' is invalid, it needs to be an absolute path.", Refused);
        var config = record.Config.Copy();
        Variables.Set(config, request.Environment);
        return new ProcessSpec(record, user)
        {
            Arguments = request.Command,
            Environment = config.Env ?? [],
            Directory = request.WorkingDirectory ?? record.Config.WorkingDir,
            Terminal = request.Terminal,
            Capabilities = request.Privileged ? Capabilities.Every(available) : Capabilities.Of(record, available),
        }.Write();
    }
}
