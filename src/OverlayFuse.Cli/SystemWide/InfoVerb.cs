using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse info", also "system info": where things are kept and how containers are made, under docker's names.</summary>
internal static class InfoVerb
{
    public static Command Create()
    {
        var format = new Option<string>("--format", "-f") { Description = "A template, such as '{{.Driver}}'." };
        var command = new Command("info", "Show where images and containers are kept, and what makes them.") { format };
        command.SetAction(result =>
        {
            var described = Describe(StatePlace.ToRead());
            Terminal.Print(result.GetValue(format) is { } text ? FormatTemplate.Parse(ByteText.Text(text), FormatTemplate.Unreadable).Render(described) + "\n" : Lines(described));
            return 0;
        });
        return command;
    }

    private static JsonObject Describe(StateDirectory state)
    {
        var containers = new ContainerStore(state).All();
        var running = containers.Count(container => container.IsRunning);
        var isRootless = !Caller.Current().IsHostRoot;
        return new JsonObject
        {
            ["Containers"] = containers.Count,
            ["ContainersRunning"] = running,
            ["ContainersPaused"] = 0,
            ["ContainersStopped"] = containers.Count - running,
            ["Images"] = new ImageStore(state).All().Count,
            ["ServerVersion"] = typeof(InfoVerb).Assembly.GetName().Version!.ToString(3),
            ["Driver"] = StorageDrivers.Chosen(),
            ["DriverStatus"] = new JsonArray(new JsonArray("Backing Filesystem", MachineFacts.FileSystem(state.Root))),
            ["Plugins"] = new JsonObject
            {
                ["Volume"] = new JsonArray("local"),
                ["Network"] = new JsonArray("bridge", "host", "null"),
                ["Authorization"] = Nil.List.ToNode(),
                ["Log"] = new JsonArray("json-file"),
            },
            ["MemoryLimit"] = !isRootless && MachineFacts.HasMemoryLimit(),
            ["LoggingDriver"] = "json-file",
            ["CgroupDriver"] = isRootless ? "none" : "cgroupfs",
            ["CgroupVersion"] = File.Exists("/sys/fs/cgroup/cgroup.controllers") ? "2" : "1",
            ["DefaultRuntime"] = "runc",
            ["SecurityOptions"] = isRootless ? new JsonArray("name=seccomp,profile=default", "name=rootless") : new JsonArray("name=seccomp,profile=default"),
            ["KernelVersion"] = MachineFacts.Text("/proc/sys/kernel/osrelease").Trim(),
            ["OperatingSystem"] = MachineFacts.OperatingSystem(MachineFacts.Text("/etc/os-release")),
            ["OSType"] = "linux",
            ["Architecture"] = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64",
            ["NCPU"] = Environment.ProcessorCount,
            ["MemTotal"] = MachineFacts.Memory(MachineFacts.Text("/proc/meminfo")),
            ["Name"] = Environment.MachineName,
            ["DockerRootDir"] = state.Root,
        };
    }

    private static string Lines(JsonObject info)
    {
        var text = new StringBuilder();
        void Line(string heading, string member) => text.Append($"{heading}: {GoText.Print(info[member])}\n");
        Line("Containers", "Containers");
        Line(" Running", "ContainersRunning");
        Line(" Paused", "ContainersPaused");
        Line(" Stopped", "ContainersStopped");
        Line("Images", "Images");
        Line("Version", "ServerVersion");
        Line("Storage Driver", "Driver");
        text.Append($" Backing Filesystem: {GoText.Print(info["DriverStatus"]![0]![1])}\n");
        Line("Logging Driver", "LoggingDriver");
        Line("Cgroup Driver", "CgroupDriver");
        Line("Cgroup Version", "CgroupVersion");
        Line("Default Runtime", "DefaultRuntime");
        text.Append("Security Options:\n");
        foreach (var option in info["SecurityOptions"]!.AsArray()) text.Append($" {GoText.Print(option)}\n");
        Line("Kernel Version", "KernelVersion");
        Line("Operating System", "OperatingSystem");
        Line("OSType", "OSType");
        Line("Architecture", "Architecture");
        Line("CPUs", "NCPU");
        Line("Name", "Name");
        Line("Root Dir", "DockerRootDir");
        return text.ToString();
    }
}
