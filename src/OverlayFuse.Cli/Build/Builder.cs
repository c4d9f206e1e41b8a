using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>Carries out a Dockerfile: one step for each instruction, those that were done before from the cache.</summary>
internal sealed class Builder(ImageStore images, ContainerStore containers, BuildRequest request, Dockerfile file, BuildContext context, BuildOutput output, BuildStop stop)
{
    private readonly BuildCache _cache = new(images);
    private readonly List<BuildStage> _stages = [];
    private readonly Dictionary<string, string?> _global = [];
    private readonly HashSet<string> _declared = []; // by an ARG
    private BuildStage? _stage;

    /// <param name="shownFile">What messages call the Dockerfile.</param>
    /// <exception cref="RefusedException">A step failed; the message names its line.</exception>
    public StoredImage Run(string shownFile)
    {
        if (request.Target is { } target && !file.HasStage(target)) throw new RefusedException($"failed to reach build target {target} in Dockerfile");
        var count = file.Instructions.Count;
        for (var i = 0; i < count; i++)
        {
            var instruction = file.Instructions[i];
            if (instruction.Keyword == "FROM" && IsTarget(_stage)) break;
            output.Begin($"[{i + 1}/{count}] {instruction}");
            try
            {
                Do(instruction);
                stop.ThrowIfAsked();
            }
            catch (RefusedException e)
            {
                output.Failed(e.Message);
                throw new RefusedException($"{shownFile}:{instruction.Line}: {instruction}: {e.Message}", e.ExitCode == 125 ? 1 : e.ExitCode);
            }
        }
        if (_stage is null) throw new RefusedException("no build stage in current context: there is no FROM.");
        if (_stage.IsNothing && request.Labels.Count == 0) throw new RefusedException("No image was generated. Is your Dockerfile empty?");
        Label(_stage);
        using var held = images.Lock();
        var image = _stage.Keep(images);
        foreach (var tag in request.Tags) images.Tag(image, ImageReference.Parse(tag));
        WarnOfArguments();
        return image;
    }

    private void WarnOfArguments()
    {
        var unused = request.Arguments.Keys.Where(name => !_declared.Contains(name) && !PredefinedArguments.IsProxy(name)).Order(StringComparer.Ordinal).ToList();
        if (unused.Count > 0 && !request.Quiet) Terminal.Say($"[Warning] One or more build-args [{string.Join(' ', unused)}] were not consumed");
    }

    private bool IsTarget(BuildStage? stage) =>
        stage is not null && request.Target is { } target
        && (string.Equals(stage.Name, target, StringComparison.OrdinalIgnoreCase) || target == (_stages.Count - 1).ToString(System.Globalization.CultureInfo.InvariantCulture));

    private void Do(Instruction instruction)
    {
        if (instruction.Keyword == "FROM")
        {
            _stage = Begin(instruction);
            _stages.Add(_stage);
            output.Done();
            return;
        }
        if (_stage is null)
        {
            if (instruction.Keyword != "ARG") throw new RefusedException("no build stage in current context: the first instruction is FROM, after ARG at most.");
            foreach (var (name, value) in Arguments(instruction, new ShellWords(Global, file.Escape))) _global[name] = value;
            output.Done();
            return;
        }
        var words = new ShellWords(_stage.Variable, file.Escape);
        switch (instruction.Keyword)
        {
            case "RUN": Run(_stage, instruction); break;
            case "COPY" or "ADD": Copy(_stage, instruction, words); break;
            case "WORKDIR": MakeDirectory(_stage, instruction, words); break;
            case "ARG":
                _stage.Arguments.AddRange(Arguments(instruction, words));
                Step(_stage, $"ARG {instruction.Text}", Nop(instruction.Text, "ARG"), [], () => null);
                break;
            default: Configure(_stage, instruction, words); break;
        }
    }

    private BuildStage Begin(Instruction instruction)
    {
        foreach (var (flag, value) in instruction.Flags)
        {
            if (flag != "platform") throw new RefusedException($"Unknown flag: {flag}");
            var platform = new ShellWords(Global, file.Escape).Expand(value);
            if (!PredefinedArguments.IsOurs(platform)) throw new RefusedException($"FROM --platform={platform}: images are built only for this machine's platform, {PredefinedArguments.Platform}.");
        }
        var words = new ShellWords(Global, file.Escape).ExpandWords(instruction.Text);
        var name = words is [_, var keyword, var given] && keyword.Equals("AS", StringComparison.OrdinalIgnoreCase) ? given : null;
        if (words.Count != 1 && name is null) throw new RefusedException("FROM requires either one or three arguments");
        if (words[0] == "scratch") return new BuildStage(name, null);
        if (_stages.Find(stage => string.Equals(stage.Name, words[0], StringComparison.OrdinalIgnoreCase)) is { } earlier) return new BuildStage(name, earlier.Passing());
        ImagePull.BringIn(images, words[0], request.Pull);
        var parent = images.Get(words[0]);
        return parent.Config.Config?.OnBuild is { Count: > 0 } triggers
            ? throw new RefusedException($"{words[0]} has instructions for images built on it (ONBUILD {triggers[0]}), which are not carried out here. Write them into the Dockerfile.")
            : new BuildStage(name, parent);
    }

    private List<(string Name, string? Value)> Arguments(Instruction instruction, ShellWords words)
    {
        var found = new List<(string, string?)>();
        foreach (var word in words.Split(instruction.Text))
        {
            var at = word.IndexOf('=');
            var name = words.Expand(at < 0 ? word : word[..at]);
            _declared.Add(name);
            var value = at < 0 ? Global(name) : words.Expand(word[(at + 1)..]);
            found.Add((name, request.Arguments.TryGetValue(name, out var given) ? given : value));
        }
        return found;
    }

    private string? Global(string name) => _global.GetValueOrDefault(name) ?? PredefinedArguments.Find(name);

    private void Configure(BuildStage stage, Instruction instruction, ShellWords words)
    {
        var isList = instruction.Keyword is "CMD" or "ENTRYPOINT" or "SHELL" or "ONBUILD" or "HEALTHCHECK" or "MAINTAINER";
        IReadOnlyList<string> parts = isList ? [instruction.Text] : words.ExpandWords(instruction.Text);
        stage.Configure(instruction, words);
        var command = instruction.Keyword switch { "CMD" => stage.Config.Cmd, "ENTRYPOINT" => stage.Config.Entrypoint, _ => null };
        var shown = command is null ? string.Join(' ', parts) : $"[{string.Join(' ', command.Select(word => $"\"{word}\""))}]";
        if (instruction.Keyword == "HEALTHCHECK")
        {
            output.Line("It is kept in the image's configuration. Nothing here runs it: there is no daemon that would.");
            parts = [.. parts, .. instruction.Flags.Select(flag => $"{flag.Name}={flag.Value}")];
        }
        Step(stage, instruction.Keyword, Nop(instruction.Keyword == "VOLUME" ? $"[{shown}]" : shown, instruction.Keyword), parts, () => null);
    }

    /// <summary>--label: as if the last stage ended with LABEL.</summary>
    private void Label(BuildStage stage)
    {
        if (request.Labels.Count == 0) return;
        foreach (var label in request.Labels)
        {
            var at = label.IndexOf('=');
            (stage.Config.Labels ??= [])[at < 0 ? label : label[..at]] = at < 0 ? "" : label[(at + 1)..];
        }
        var shown = string.Join(' ', request.Labels);
        output.Begin($"LABEL {shown}");
        Step(stage, "LABEL", Nop(shown, "LABEL"), request.Labels, () => null);
    }

    private void Run(BuildStage stage, Instruction instruction)
    {
        if (instruction.Flags.Count > 0) throw new RefusedException($"Unknown flag: {instruction.Flags[0].Name}");
        using var made = new MadeFiles(images.State);
        var command = Command(stage, instruction, made, out var volumes);
        var proxies = request.Arguments
            .Where(given => given.Value is not null && PredefinedArguments.IsProxy(given.Key) && !stage.Arguments.Exists(argument => argument.Name == given.Key))
            .Select(given => $"{given.Key}={given.Value}");
        var arguments = stage.Arguments.Where(argument => argument.Value is not null && ConfigChange.Variable(stage.Config, argument.Name) is null)
            .GroupBy(argument => argument.Name).Select(group => $"{group.Key}={group.Last().Value}").ToList();
        var shown = string.Join(' ', command);
        var recorded = arguments.Count == 0 ? shown : $"|{arguments.Count} {string.Join(' ', arguments)} {shown}";
        Step(stage, "RUN", recorded, [.. command, "|", .. arguments, .. instruction.Documents.Select(document => document.Text)], () =>
        {
            using var working = WorkingContainer.Create(images, containers, stop, stage.Passing(), command, [.. proxies, .. arguments], request.Network, volumes);
            var exitCode = working.Run(output);
            return exitCode == 0 ? working.Capture() : throw new RefusedException($"The command '{shown}' returned a non-zero code: {exitCode}", exitCode);
        });
    }

    // A here-document alone is a script, and one that says by what it is run, a program; the shell sees to all others.
    private static List<string> Command(BuildStage stage, Instruction instruction, MadeFiles made, out string[] volumes)
    {
        volumes = [];
        if (instruction.Documents is not [var first, ..]) return ConfigChange.Command(instruction.Text, stage.Shell);
        if (HereDocument.TryParse(instruction.Text) is null) return [.. stage.Shell, instruction.Text + string.Concat(instruction.Documents.Select(document => $"\n{document.Text}{document.Name}"))];
        if (!first.Text.StartsWith("#!", StringComparison.Ordinal)) return [.. stage.Shell, first.Text];
        var place = $"/dev/pipes/{first.Name}"; // a mount of the container's: nothing of it stays in the layer
        volumes = [$"{made.AddProgram(first)}:{place}:ro"];
        return [place];
    }

    private void Copy(BuildStage stage, Instruction instruction, ShellWords words)
    {
        using var from = instruction.Flags.FirstOrDefault(flag => flag.Name == "from").Value is { } name ? OtherImage.Open(images, containers, stop, Other(words.Expand(name))) : null;
        using var made = new MadeFiles(images.State);
        var step = new CopyStep(instruction, from?.Context ?? context, words, stage.Config.WorkingDir, made, stop);
        var inputs = step.Inputs();
        var shown = $"{(inputs.Count == 4 ? "file" : "multi")}:{CacheKey.For("", "", inputs).Hex} in {step.Target} ";
        Step(stage, instruction.Keyword, Nop(shown, instruction.Keyword), inputs, () =>
        {
            using var working = WorkingContainer.Create(images, containers, stop, stage.Passing(), ["/"], [], null);
            return working.Capture(mounted => step.Run(mounted));
        });
    }

    private StoredImage Other(string name)
    {
        var index = _stages.FindIndex(stage => string.Equals(stage.Name, name, StringComparison.OrdinalIgnoreCase));
        if (index < 0 && int.TryParse(name, System.Globalization.CultureInfo.InvariantCulture, out var number) && number >= 0 && number < _stages.Count - 1) index = number;
        return index >= 0 ? _stages[index].Passing() : images.Get(name);
    }

    private void MakeDirectory(BuildStage stage, Instruction instruction, ShellWords words)
    {
        stage.Configure(instruction, words);
        var path = stage.Config.WorkingDir;
        Step(stage, "WORKDIR", Nop(path, "WORKDIR"), [path], () =>
        {
            using var working = WorkingContainer.Create(images, containers, stop, stage.Passing(), ["/"], [], null);
            return working.Capture(mounted => TreeTransfer.MakeDirectories(mounted.Root, System.Text.Encoding.UTF8.GetBytes(path)));
        });
    }

    /// <param name="make">Gives the archive of the layer; null for none.</param>
    private void Step(BuildStage stage, string instruction, string createdBy, IEnumerable<string> inputs, Func<string?> make)
    {
        var key = CacheKey.For(stage.Passing().Id, instruction, inputs);
        if (!request.NoCache && _cache.Find(key) is { } known)
        {
            stage.Add(createdBy, known);
            output.Cached();
            return;
        }
        var archive = make();
        try
        {
            stop.ThrowIfAsked();
            using var held = images.Lock();
            var step = new CachedStep { Layer = archive is null ? null : DerivedImage.AddLayer(images, archive, stage.Layers), Below = stage.Layers.LastOrDefault()?.Id, Created = DerivedImage.Now() };
            _cache.Put(key, step);
            stage.Add(createdBy, step);
        }
        finally
        {
            if (archive is not null) System.IO.File.Delete(archive);
        }
        output.Done();
    }

    private static string Nop(string text, string keyword) => $"/bin/sh -c #(nop) {(keyword is "COPY" or "ADD" or "WORKDIR" ? "" : " ")}{keyword} {text}";
}
