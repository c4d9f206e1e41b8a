using NUnit.Framework;

namespace OverlayFuse.Fuse.Tests;

/// <summary>Which requests that were there at once are taken for a queue.</summary>
internal class RequestStreakTests
{
    // L a lookup, R a read, S a release, F a forget; the thread that asks after it; - : it was waited for.
    [TestCase("L7 L7 L7", 0, Description = "a client that is quick")]
    [TestCase("L7 L8 L7 L8", 3, Description = "two of them")]
    [TestCase("L7 F0 L7 F0 L7", 0, Description = "a client whose files are forgotten meanwhile")]
    [TestCase("L7 S0 L7 S0 L7", 0, Description = "a client whose files are closed meanwhile")]
    [TestCase("R7 R7 R7", 3, Description = "a client with many reads under way")]
    [TestCase("S0 S0 S0", 3, Description = "what the kernel has to say by itself")]
    [TestCase("L7 L8 -L7 L8", 1)]
    public void A_queue_is_what_nobody_waited_for(string requests, int length)
    {
        var streak = new RequestStreak();
        streak.Add(Opcode.Lookup, 7, wasThere: false);
        foreach (var request in requests.Split(' '))
        {
            var (wasThere, text) = (request[0] != '-', request.TrimStart('-'));
            streak.Add(text[0] switch { 'L' => Opcode.Lookup, 'R' => Opcode.Read, 'S' => Opcode.Release, _ => Opcode.Forget }, uint.Parse(text[1..]), wasThere);
        }
        Assert.That(streak.Length, Is.EqualTo(length));
    }
}
