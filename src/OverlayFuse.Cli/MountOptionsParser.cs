using OverlayFuse.Fuse;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>Reads option lists, bytes in and <see cref="MountOptions"/> out. Looks at nothing but its arguments.</summary>
internal sealed class MountOptionsParser
{
    private readonly MountForm _form;
    private readonly MountOptions _options = new();
    private bool _layersAtOnce;
    private bool _isVolatile;
    private List<IdRange>? _mapping; // that of the element before

    private MountOptionsParser(MountForm form) => _form = form;

    /// <summary>All values of -o in their order; a later flag beats an earlier one, as mount(8) has it; of a person's choices no other may.</summary>
    /// <exception cref="MountException">With the sentence for the person who wrote the options.</exception>
    public static MountOptions Parse(MountForm form, IEnumerable<byte[]> optionLists)
    {
        var parser = new MountOptionsParser(form);
        foreach (var list in optionLists)
        {
            foreach (var element in OptionText.Elements(list)) parser.Apply(element);
        }
        return parser._options;
    }

    private void Apply(OptionElement element)
    {
        if (IdMappingText.IsContinued(element))
        {
            if (_mapping is null) throw new MountException($"\"{element}\" looks like an id mapping, but no uidmapping= or gidmapping= comes before it.");
            _mapping.AddRange(IdMappingText.Read(element, ByteText.Bytes(element.Name)));
            return;
        }
        _mapping = null;
        var known = OptionTable.Find(element.Name);
        if (known is null) Unknown(element);
        else if (known.Kind == OptionKind.Served) Serve(element);
        else if (known.Kind == OptionKind.Silent || IsHarmless(known, element)) return;
        else if (known.Kind == OptionKind.NoEffect) _options.Notices.Add($"option \"{element}\" has no effect: {known.Why}.");
        else throw new MountException($"option \"{element}\" is refused: {known.Why}.");
    }

    private void Unknown(OptionElement element)
    {
        var nearest = NearestName.Of(element.Name, OptionTable.All.Select(option => option.Name));
        var hint = nearest is null ? "" : $" Did you mean \"{nearest}\"?";
        if (_form != MountForm.Verb) _options.Notices.Add($"unknown option \"{element}\" ignored.{hint}");
        else throw new MountException($"there is no option \"{element.Name}\".{hint}{(nearest is null ? " The manual page overlayfuse(1) lists them all." : "")}");
    }

    private static bool IsHarmless(KnownOption known, OptionElement element) =>
        element.RawValue is not null && known.Harmless.Contains(ByteText.Show(element.RawValue));

    private void Serve(OptionElement element)
    {
        switch (element.Name)
        {
            case "lowerdir": AddLayersAtOnce(element); break;
            case "lowerdir+": AddLayer(element); break;
            case "datadir+": _options.DataOnly.Add(Path(element)); break;
            case "upperdir": _options.Upper = LastOne(element, _options.Upper); break;
            case "workdir": _options.Work = LastOne(element, _options.Work); break;
            case "uidmapping": Map(element, _options.UidMapping); break;
            case "gidmapping": Map(element, _options.GidMapping); break;
            case "squash_to_uid": _options.SquashToUid = Same(element, _options.SquashToUid, IdMappingText.ReadId(element, Value(element))); break;
            case "squash_to_gid": _options.SquashToGid = Same(element, _options.SquashToGid, IdMappingText.ReadId(element, Value(element))); break;
            case "xattr_permissions": _options.KeepOwnersIn = Same(element, _options.KeepOwnersIn, Choose(element, OverrideValues)); break;
            case "context" or "fscontext" or "defcontext" or "rootcontext": _options.Labels.Add([.. ByteText.Bytes(element.Name), (byte)'=', .. Value(element)]); break;
            case "fsname": _options.SourceName = Path(element); break;
            case "volatile": if (IsSet(element)) SetDurability(element, Durability.Volatile); break;
            case "fsync": SetDurability(element, Choose(element, FsyncValues)); break;
            case "data": _options.Data = Same(element, _options.Data, Choose(element, DataValues)); break;
            case "transport": _options.Transport = Same(element, _options.Transport, Choose(element, TransportValues)); break;
            case "writeback": _options.WriteBack = Same(element, _options.WriteBack, Choose(element, SwitchValues)); break;
            case "partial": _options.WholeUpTo = Same(element, _options.WholeUpTo, PartialSize.Parse(ByteText.Show(Value(element)))); break;
            case "settle": _options.Settle = Same(element, _options.Settle, Choose(element, SettleValues)); break;
            case "timeout": _options.Timeout = ReadSeconds(element, _options.Timeout); break;
            case "entry_timeout": _options.EntryTimeout = ReadSeconds(element, _options.EntryTimeout); break;
            case "attr_timeout": _options.AttributesTimeout = ReadSeconds(element, _options.AttributesTimeout); break;
            case "negative_timeout": _options.NegativeTimeout = ReadSeconds(element, _options.NegativeTimeout); break;
            default: ServeFlag(element); break;
        }
    }

    private void ServeFlag(OptionElement element)
    {
        if (!IsSet(element)) return;
        switch (element.Name)
        {
            case "immutable": _options.Immutable = true; break;
            case "ro": _options.ReadOnly = true; break;
            case "rw": _options.ReadOnly = false; break;
            case "dev": _options.Devices = true; break;
            case "nodev": _options.Devices = false; break;
            case "suid": _options.Suid = true; break;
            case "nosuid": _options.Suid = false; break;
            case "allow_other": _options.AllowOther = true; break;
            case "noallow_other": _options.AllowOther = false; break;
            case "default_permissions": _options.DefaultPermissions = true; break;
            case "debug": _options.Debug = true; break;
            case "static_nlink": _options.StaticLinkCount = true; break;
            case "ino32_t": _options.NarrowInodes = true; break;
            case "squash_to_root": _options.SquashToRoot = true; break;
            case "acl": _options.Acl = true; break;
            case "noacl": _options.Acl = false; break;
            case "exec": Clear(MountFlags.NoExec); break;
            case "noexec": Set(MountFlags.NoExec); break;
            case "async": Clear(MountFlags.Synchronous); break;
            case "sync": Set(MountFlags.Synchronous); break;
            case "dirsync": Set(MountFlags.DirSync); break;
            case "atime": Clear(MountFlags.NoAtime); break;
            case "noatime": Set(MountFlags.NoAtime); break;
            case "diratime": Clear(MountFlags.NoDirAtime); break;
            case "nodiratime": Set(MountFlags.NoDirAtime); break;
            case "relatime": Set(MountFlags.RelAtime); break;
            case "norelatime": Clear(MountFlags.RelAtime); break;
            case "strictatime": Set(MountFlags.StrictAtime); break;
            case "nostrictatime": Clear(MountFlags.StrictAtime); break;
            case "symfollow": Clear(MountFlags.NoSymlinkFollow); break;
            case "nosymfollow": Set(MountFlags.NoSymlinkFollow); break;
            default: throw new InvalidOperationException(element.Name); // a row of the table that nobody serves; a test goes through all
        }
    }

    private void AddLayersAtOnce(OptionElement element)
    {
        if (_layersAtOnce)
        {
            if (_form == MountForm.Verb) throw new MountException("lowerdir is given twice. Write all layers in one lowerdir=A:B:C, or one by one as lowerdir+=A,lowerdir+=B.");
            _options.Notices.Add($"lowerdir is given twice; {ByteText.Show(element.RawValue)} counts.");
            _options.Lowers.Clear();
            _options.DataOnly.Clear();
        }
        _layersAtOnce = true;
        var layers = OptionText.Layers(Value(element));
        for (var i = 0; i < layers.Count; i++)
        {
            var isDataOnly = i > 0 && layers[i].Length == 0;
            if (isDataOnly) i++;
            if (i == layers.Count || layers[i].Length == 0)
                throw new MountException($"lowerdir={ByteText.Show(element.RawValue)} has an empty path " +
                    $"{(i == 0 ? "at its beginning" : i + 1 >= layers.Count ? "at its end" : "between two colons")}. \"::\" stands before a data-only layer; a colon " +
                    "inside a path is written \\:");
            if (!isDataOnly && _options.DataOnly.Count > 0)
                throw new MountException($"lowerdir={ByteText.Show(element.RawValue)} has {ByteText.Show(layers[i])} behind a data-only layer. Those come last, each behind \"::\".");
            (isDataOnly ? _options.DataOnly : _options.Lowers).Add(layers[i]);
        }
    }

    private void AddLayer(OptionElement element)
    {
        if (_options.DataOnly.Count > 0) throw new MountException($"option \"{element}\" stands behind a data-only layer. Those come last, as datadir+=DIR.");
        _options.Lowers.Add(Path(element));
    }

    private void Map(OptionElement element, List<IdRange> mapping)
    {
        if (mapping.Count > 0 && _form == MountForm.Verb) throw new MountException($"{element.Name} is given twice. Write all ranges in one, as {element.Name}=STORED:SHOWN:COUNT:STORED:SHOWN:COUNT.");
        if (_form != MountForm.Verb && element.RawValue is [])
        {
            _options.Notices.Add($"option \"{element}\" ignored: it maps no ids.");
            return;
        }
        mapping.Clear();
        mapping.AddRange(IdMappingText.Read(element, Value(element)));
        _mapping = mapping;
    }

    private void SetDurability(OptionElement element, Durability durability)
    {
        // To fuse-overlayfs these are two options. Container tools have one from a file of the user's, and add volatile by themselves.
        if (_form != MountForm.Verb)
        {
            _isVolatile |= element.Name == "volatile";
            _options.Durability = _isVolatile ? Durability.Volatile : durability;
            return;
        }
        if (_options.Durability is { } before && before != durability)
            throw new MountException($"option \"{element}\" contradicts {Word(before)}, which was given before it. Choose one.");
        _options.Durability = durability;
    }

    private static string Word(Durability durability) => durability switch
    {
        Durability.Volatile => "volatile",
        Durability.Strict => "fsync=strict",
        _ => "fsync=ordered",
    };

    private T? Same<T>(OptionElement element, T? before, T value) where T : struct
    {
        if (_form == MountForm.Verb && before is { } other && !EqualityComparer<T>.Default.Equals(other, value))
            throw new MountException($"option \"{element}\" contradicts another {element.Name}= before it. Choose one.");
        return value;
    }

    private TimeSpan? ReadSeconds(OptionElement element, TimeSpan? before)
    {
        if (Seconds.Parse(ByteText.Show(element.RawValue ?? [])) is { } time) return Same(element, before, time);
        if (_form == MountForm.Verb) throw new MountException($"option \"{element}\" needs a number of seconds, such as {element.Name}=1, 0.5 or 0.");
        _options.Notices.Add($"option \"{element}\" ignored: it needs a number of seconds, such as {element.Name}=1, 0.5 or 0.");
        return before;
    }

    private byte[] LastOne(OptionElement element, byte[]? before)
    {
        var path = Path(element);
        if (before is null || before.AsSpan().SequenceEqual(path)) return path;
        if (_form == MountForm.Verb) throw new MountException($"{element.Name} is given twice: {ByteText.Show(before)} and {ByteText.Show(path)}. A union has one.");
        _options.Notices.Add($"{element.Name} is given twice; {ByteText.Show(path)} counts.");
        return path;
    }

    private static byte[] Path(OptionElement element) => OptionText.Unescape(Value(element));

    private static byte[] Value(OptionElement element) =>
        element.RawValue is { Length: > 0 } value ? value : throw new MountException($"option \"{element.Name}\" needs a value: {element.Name}=...");

    /// <summary>Of an option that takes no value. fuse-overlayfs mounts whatever stands behind the "="; what is meant by a 0 is plain.</summary>
    private bool IsSet(OptionElement element)
    {
        if (element.RawValue is not { } value) return true;
        if (_form == MountForm.Verb) throw new MountException($"option \"{element.Name}\" takes no value, but \"{element}\" was given.");
        var isSet = ByteText.Show(value) is not ("0" or "off" or "no" or "false");
        _options.Notices.Add($"option \"{element}\" {(isSet ? $"is taken for \"{element.Name}\"" : "ignored")}: it takes no value.");
        return isSet;
    }

    private static T Choose<T>(OptionElement element, (string Word, T Value)[] choices)
    {
        var word = ByteText.Show(Value(element));
        foreach (var choice in choices)
        {
            if (choice.Word == word) return choice.Value;
        }
        var named = Array.FindAll(choices, choice => !char.IsAsciiDigit(choice.Word[0]));
        var words = string.Join(", ", (named.Length > 0 ? named : choices).Select(choice => choice.Word));
        throw new MountException($"option \"{element}\" must be one of: {words}.");
    }

    private void Set(MountFlags flag) => _options.Flags |= flag;

    private void Clear(MountFlags flag) => _options.Flags &= ~flag;

    // The numbers are how fuse-overlayfs writes the same choices.
    private static readonly (string, Durability)[] FsyncValues =
        [("ordered", Durability.Ordered), ("strict", Durability.Strict), ("volatile", Durability.Volatile), ("1", Durability.Ordered), ("0", Durability.Volatile)];

    private static readonly (string, OverrideForm)[] OverrideValues = [("0", OverrideForm.None), ("1", OverrideForm.Privileged), ("2", OverrideForm.Containers)];

    private static readonly (string, DataMode)[] DataValues = [("cached", DataMode.Cached), ("passthrough", DataMode.Passthrough)];

    private static readonly (string, Transport)[] TransportValues = [("device", Transport.Device), ("ring", Transport.Ring)];

    private static readonly (string, SettlePolicy)[] SettleValues = [("idle", SettlePolicy.Idle), ("on-unmount", SettlePolicy.OnUnmount), ("never", SettlePolicy.Never)];

    private static readonly (string, bool)[] SwitchValues = [("on", true), ("off", false), ("1", true), ("0", false)];
}
