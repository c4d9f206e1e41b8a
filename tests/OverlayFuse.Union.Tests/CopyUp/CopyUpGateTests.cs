using NUnit.Framework;

namespace OverlayFuse.Union.Tests;

public sealed class CopyUpGateTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Test]
    public void Two_that_want_each_others_gate_come_to_an_end()
    {
        var gate = new CopyUpGate();
        using var bothInside = new Barrier(2);
        int first = 0, second = 0;
        var threads = new[] { new Thread(() => first = SentBack(gate, 1, 2, bothInside)), new Thread(() => second = SentBack(gate, 2, 1, bothInside)) };
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) Assert.That(thread.Join(Patience), Is.True, "no thread waits for ever");
        Assert.That(first + second, Is.EqualTo(1), "who waited first was sent back, once");
    }

    [Test]
    public void A_chain_that_is_no_circle_waits()
    {
        var gate = new CopyUpGate();
        gate.Enter(3);
        using var inside = new CountdownEvent(2);
        var went = new List<int>();
        var threads = new[] { (1, 2), (2, 3) }.Select(edge => new Thread(() =>
        {
            gate.Enter(edge.Item1);
            inside.Signal();
            inside.Wait();
            if (gate.EnterAbove(edge.Item2, edge.Item1))
            {
                lock (went) went.Add(edge.Item1);
                gate.LeaveAbove(edge.Item2);
            }
            gate.Leave(edge.Item1);
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        inside.Wait();
        Assert.That(threads.Any(thread => thread.Join(100)), Is.False, "both wait");
        gate.Leave(3);
        foreach (var thread in threads) Assert.That(thread.Join(Patience), Is.True);
        Assert.That(went, Is.EqualTo([2, 1]));
    }

    private static int SentBack(CopyUpGate gate, int own, int above, Barrier bothInside)
    {
        gate.Enter(own);
        bothInside.SignalAndWait();
        var sentBack = 0;
        if (gate.EnterAbove(above, own)) gate.LeaveAbove(above);
        else sentBack++;
        gate.Leave(own);
        return sentBack;
    }
}
