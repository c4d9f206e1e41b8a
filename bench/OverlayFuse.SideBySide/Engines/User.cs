namespace OverlayFuse.SideBySide;

/// <summary>An ordinary user of this machine.</summary>
internal sealed record User(string Name, uint Uid, uint Gid)
{
    public static User Find(string name)
    {
        var fields = File.ReadLines("/etc/passwd").Select(line => line.Split(':')).FirstOrDefault(fields => fields[0] == name)
            ?? throw new BenchmarkException($"there is no user {name} in /etc/passwd.");
        return new User(name, uint.Parse(fields[2]), uint.Parse(fields[3]));
    }

    /// <summary>Runs as this user, or as ourselves where there is none. Threads and programs started meanwhile are the user's too.</summary>
    public static void Act(User? user, Action action)
    {
        if (user is null)
        {
            action();
            return;
        }
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Native.BecomeUser(user.Uid, user.Gid);
                action();
            }
            catch (BenchmarkException e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null) throw failure;
    }
}
