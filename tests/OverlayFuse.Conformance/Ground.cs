using OverlayFuse.Union.Tests;

namespace OverlayFuse.Conformance;

/// <summary>An engine made ready for the table: a directory for each case, with what it starts with, and one mount for all.</summary>
internal sealed class Ground : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private readonly UnionMount _union;
    private readonly (uint Uid, uint Gid) _ordinary = (Alice, Alice);
    private readonly bool _isOrdinary;
    private readonly bool _isPlain;
    private readonly Dictionary<Case, string> _unprepared = [];
    private string? _ended;

    public Ground(Engine engine, Origin origin, IEnumerable<Case> cases)
    {
        _isPlain = engine is Engine.Plain or Engine.PlainUser;
        _isOrdinary = engine is Engine.PlainUser or Engine.User;
        var user = _isOrdinary && Syscall.GetEUid() == 0 ? Environment.GetEnvironmentVariable("OVERLAYFUSE_TEST_USER") ?? "oftest" : null;
        _union = new UnionMount(MountOptions.Of(engine), engine == Engine.Kernel, user);
        try
        {
            _union.Run("chmod 755 . m");
            if (_isOrdinary) _ordinary = (uint.Parse(_union.Run($"id -u {user}")), uint.Parse(_union.Run($"id -g {user}")));
            if (_isPlain) Prepare(cases, [_union.Home + "/m"]);
            else if (origin == Origin.Lower) Prepare(cases, [_union.Home + "/l2"]);
            else if (origin == Origin.Merged) Prepare(cases, [_union.Home + "/l1", _union.Home + "/l3"]);
            if (!_isPlain) _union.Mount();
            if (!_isPlain && origin == Origin.Upper) Prepare(cases, [_union.Merged]);
        }
        catch
        {
            _union.Dispose();
            throw;
        }
    }

    /// <summary>Runs a case; what it reports, or null when all was as it says.</summary>
    public string? Run(Case row)
    {
        if (_ended is not null) return _ended;
        if (_unprepared.TryGetValue(row, out var reason)) return reason;
        var (failure, isDone) = OnThread(row.Actor, () =>
        {
            Chdir($"{_union.Merged}/{row.Directory}").Ok();
            row.Body();
        });
        if (isDone) return failure;

        // A call that never comes back: cut the connection, so that it does.
        _ended = $"the file system was given up, for it hung in '{row}'";
        _union.Dispose();
        return $"not done after {Patience.TotalSeconds} seconds";
    }

    /// <summary>No byte of a layer may have changed, whatever the cases did.</summary>
    public void AssertLowersUnchanged()
    {
        if (!_isPlain && _ended is null) _union.AssertLowersUnchanged();
    }

    public void Dispose()
    {
        if (_ended is null) _union.Dispose();
    }

    // The roots are layers, topmost first, or the one place for everything. Directories are in each, other objects in them by turns.
    private void Prepare(IEnumerable<Case> cases, string[] roots)
    {
        foreach (var actor in cases.GroupBy(row => row.Actor))
        {
            // By root where there is one: an ordinary user may start with what only root can make.
            var (uid, gid) = _isOrdinary || actor.Key == Actor.Ordinary ? _ordinary : (0, 0);
            var (failure, isDone) = OnThread(_isOrdinary ? Actor.Ordinary : Actor.Root, () =>
            {
                foreach (var row in actor) Prepare(row, roots, uid, gid);
            });
            if (failure is not null || !isDone) throw new InvalidOperationException($"the cases were not prepared: {failure}");
        }
    }

    private void Prepare(Case row, string[] roots, uint uid, uint gid)
    {
        var places = new Dictionary<string, string>();
        Given[] all = [ADirectory("."), .. row.Given];
        try
        {
            var turn = 0;
            foreach (var given in all)
            {
                if (given.Type == FileType.Directory)
                {
                    foreach (var root in roots) given.Make($"{root}/{row.Directory}", uid, gid);
                    continue;
                }
                var place = given is { Type: FileType.Regular, Target: { } target } ? places[target] : roots[turn++ % roots.Length];
                places[given.Path] = place;
                given.Make($"{place}/{row.Directory}", uid, gid);
            }
            foreach (var given in all.Reverse().DistinctBy(given => given.Path))
            {
                foreach (var root in given.Type == FileType.Directory ? roots : [places[given.Path]]) given.SetMode($"{root}/{row.Directory}");
            }
        }
        catch (Mismatch mismatch)
        {
            _unprepared[row] = "its start: " + mismatch.Message;
        }
    }

    // A thread with ids, umask, directory, descriptors and record locks of its own; all of them end with it.
    private (string? Failure, bool IsDone) OnThread(Actor actor, Action action)
    {
        string? failure = null;
        var thread = new Thread(() =>
        {
            Native.Part(withCopies: false);
            try
            {
                _ = Native.umask(Octal(22));
                if (Syscall.GetEUid() == 0 && (_isOrdinary || actor == Actor.Ordinary)) Become(_ordinary.Uid, _ordinary.Gid);
                else if (Syscall.GetEUid() == 0) _ = Native.SetGroups([]);
                action();
            }
            catch (Mismatch mismatch)
            {
                failure = mismatch.Message;
            }
            catch (Exception e)
            {
                failure = e.ToString();
            }
            finally
            {
                _ = Native.chdir("/");
                Native.CloseAll();
            }
        })
        { IsBackground = true };
        thread.Start();
        return thread.Join(Patience) ? (failure, true) : (null, false);
    }
}
