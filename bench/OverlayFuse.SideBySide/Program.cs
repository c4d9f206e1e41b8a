using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using OverlayFuse.Linux;
using OverlayFuse.SideBySide;

var rounds = new Option<int>("--rounds") { Description = "How often each row is measured; the figures are medians.", DefaultValueFactory = _ => 5, HelpName = "N" };
var rows = new Option<string>("--rows") { Description = "Only rows whose names hold this pattern (* and ? as in a shell).", DefaultValueFactory = _ => "", HelpName = "PATTERN" };
var quick = new Option<bool>("--quick") { Description = "A tenth of everything: to see that it works." };
var list = new Option<bool>("--list") { Description = "Prints the names of the rows and does nothing." };
var engine = new Option<string[]>("--engine") { Description = "One more engine: a command line of the shell with {lower}, {upper}, {work} and {merged}, for example 'new=/opt/fuse-overlayfs -o lowerdir={lower},upperdir={upper},workdir={work} {merged}'. Its process must keep the mount point in its command line.", HelpName = "NAME=COMMAND", DefaultValueFactory = _ => [] };
var only = new Option<string>("--engines") { Description = "Only these, with commas between; the first counts as 1.", DefaultValueFactory = _ => "", HelpName = "NAMES" };
var rings = new Option<bool>("--rings") { Description = "Ours in cached mode with requests by io_uring, too, which is turned on for the run (the fuse module's enable_uring)." };
var bare = new Option<bool>("--bare") { Description = "What FUSE itself costs, too: a server in C that only passes requests on to a mount of the kernel's overlayfs. Needs cc." };
var user = new Option<string?>("--user") { Description = "Ours alone: cached mode as root, and mounted and used by this user.", HelpName = "NAME" };
var maxSize = new Option<string>("--max-size") { Description = "The largest file that is changed, 4K to 4G.", DefaultValueFactory = _ => "1G", HelpName = "SIZE" };
var partial = new Option<string>("--partial") { Description = "The value of partial= of our mounts.", DefaultValueFactory = _ => "512K", HelpName = "off|SIZE" };
var scratch = new Option<string>("--scratch") { Description = "Where layers and mounts are made: on a disk, not in memory.", DefaultValueFactory = _ => "/var/tmp", HelpName = "DIRECTORY" };
var output = new Option<string>("--output") { Description = "Where table.md, results.json and the charts go.", DefaultValueFactory = _ => "artifacts/bench", HelpName = "DIRECTORY" };
var limit = new Option<int>("--limit") { Description = "The seconds that one mount has.", DefaultValueFactory = _ => 300, HelpName = "SECONDS" };
var executable = new Option<string>("--overlayfuse") { Description = "The executable.", DefaultValueFactory = _ => "artifacts/overlayfuse", HelpName = "PATH" };
var command = new RootCommand("Measures the same work on kernel overlayfs, on OverlayFuse and on others, interleaved, and prints ratios.") { rounds, rows, quick, list, engine, only, rings, bare, user, maxSize, partial, scratch, output, limit, executable };
command.SetAction(parsed =>
{
    try
    {
        return Run(parsed);
    }
    catch (BenchmarkException e)
    {
        Console.Error.WriteLine($"side-by-side: {e.Message}");
        return 1;
    }
});
return command.Parse(args).Invoke();

int Run(ParseResult parsed)
{
    if (Syscall.GetEUid() != 0) throw new BenchmarkException("kernel overlayfs and cold caches need root.");
    var settings = new Settings
    {
        Rounds = Math.Max(1, parsed.GetValue(rounds)),
        Rows = parsed.GetValue(rows)!,
        IsQuick = parsed.GetValue(quick),
        Scratch = Path.GetFullPath(parsed.GetValue(scratch)!),
        Output = Path.GetFullPath(parsed.GetValue(output)!),
        MaxSize = Bytes(parsed.GetValue(maxSize)!),
        Partial = parsed.GetValue(partial)!,
        Limit = TimeSpan.FromSeconds(parsed.GetValue(limit)),
    };
    var owner = parsed.GetValue(user) is { } name ? User.Find(name) : null;
    using var ringParameter = parsed.GetValue(rings) ? new RingParameter() : null;
    var engines = Engines(parsed, owner, settings);
    var scale = settings.IsQuick ? Scale.Quick : Scale.Full;
    using var home = new ScratchDirectory(settings.Scratch);
    var ground = new Ground(home.Path, scale, owner, settings.MaxSize);
    var scenes = new SceneList(scale, ground).All().Select(scene => scene.Only(settings.Rows)).OfType<Scene>().ToArray();
    if (parsed.GetValue(list))
    {
        foreach (var row in scenes.SelectMany(scene => scene.Rows)) Console.WriteLine(row.Name);
        return 0;
    }
    if (scenes.Length == 0) throw new BenchmarkException($"no row holds {settings.Rows}; --list has them all.");

    using var interruption = new CancellationTokenSource();
    void Stop(PosixSignalContext context)
    {
        context.Cancel = true; // first unmount
        interruption.Cancel();
    }
    using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
    using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
    var results = new Runner(settings, engines, ground, scenes, interruption.Token).Run();
    Console.WriteLine(ReportFiles.Write(results, settings));
    return results.Failures.Any() ? 1 : 0;
}

Engine[] Engines(ParseResult parsed, User? owner, Settings settings)
{
    var path = Path.GetFullPath(parsed.GetValue(executable)!);
    if (!File.Exists(path)) throw new BenchmarkException($"{path} is not there: bash src/publish.sh makes it.");
    OwnEngine Own(string name, string data, User? user = null, string transport = "device") =>
        new() { Name = name, Executable = path, Data = data, Transport = transport, Partial = settings.Partial, User = user };
    List<Engine> all = owner is not null
        ? [Own("cached, root", "cached"), Own($"cached, {owner.Name}", "cached", owner)]
        : [new KernelEngine { Name = "kernel" }, Own("cached", "cached"), Own("passthrough", "passthrough")];
    if (parsed.GetValue(rings)) all.Add(Own("rings", "cached", owner, "ring"));
    if (parsed.GetValue(bare)) all.Add(Bare(owner));
    if (owner is null && Programs.Version(CommandEngine.Rival) is not null) all.Add(new CommandEngine { Name = CommandEngine.Rival, Template = CommandEngine.RivalTemplate });
    foreach (var text in parsed.GetValue(engine)!)
    {
        if (text.IndexOf('=') is not (> 0 and var at)) throw new BenchmarkException($"--engine {text}: a name, an equals sign and a command line are needed.");
        all.Add(new CommandEngine { Name = text[..at], Template = text[(at + 1)..] });
    }
    if (parsed.GetValue(only) is not { Length: > 0 } names) return [.. all];
    return [.. names.Split(',').Select(one => all.Find(engine => engine.Name == one) ?? throw new BenchmarkException($"there is no engine {one}; there are {string.Join(", ", all.Select(engine => engine.Name))}."))];
}

static BareEngine Bare(User? owner)
{
    if (owner is not null) throw new BenchmarkException("--bare is root's: with --user ours alone is measured.");
    BareEngine.Build();
    return new BareEngine { Name = "bare" };
}

static long Bytes(string text)
{
    var shift = char.ToUpperInvariant(text.LastOrDefault()) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
    var digits = shift == 0 ? text : text[..^1];
    return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number << shift : throw new BenchmarkException($"--max-size {text} is no size: 64K, 1G and the like are.");
}
