using NUnit.Framework;

namespace OverlayFuse.Image.Tests;

public sealed class NameTests
{
    [TestCase("web", "web:latest")]
    [TestCase("web:1", "web:1")]
    [TestCase("docker.io/library/web:1", "web:1")]
    [TestCase("index.docker.io/library/web", "web:latest")]
    [TestCase("docker.io/somebody/web", "somebody/web:latest")]
    [TestCase("library/web", "library/web:latest")]
    [TestCase("localhost/multi:1", "localhost/multi:1")]
    [TestCase("127.0.0.1:5000/a/b:v1.2-x", "127.0.0.1:5000/a/b:v1.2-x")]
    public void A_reference_is_a_repository_and_a_tag(string text, string whole) => Assert.That(ImageReference.Parse(text).ToString(), Is.EqualTo(whole));

    [TestCase("")]
    [TestCase("Web")]
    [TestCase("web:")]
    [TestCase("a//b")]
    [TestCase("web:1:2")]
    [TestCase("../web")]
    public void What_is_no_reference_is_refused(string text) => Assert.That(() => ImageReference.Parse(text), Throws.TypeOf<RefusedException>());

    [TestCase("", "invalid reference format")]
    [TestCase("web:1:2", "invalid reference format")]
    [TestCase("BB:1", "invalid reference format: repository name must be lowercase")]
    [TestCase("Example.org/web:A:B", "invalid reference format")]
    [TestCase("example.org/Web", "invalid reference format: repository name must be lowercase")]
    public void What_is_no_reference_is_refused_in_dockers_words(string text, string words) => Assert.That(ImageReference.Refusal(text), Is.EqualTo(words));

    [Test]
    public void Changes_are_those_of_a_Dockerfile()
    {
        var config = new ContainerConfig { Env = ["PATH=/bin"], WorkingDir = "/srv" };
        foreach (var line in new[] { "CMD echo hi", "ENTRYPOINT [\"/bin/sh\",\"-c\"]", "ENV PATH=/usr/bin A=\"b c\"", "env OLD way of it", "EXPOSE 80 53/udp", "VOLUME [\"/data\"]", "WORKDIR www", "LABEL a=b", "USER 33" })
            ConfigChange.Apply(config, line);

        Assert.That(config.Cmd, Is.EqualTo(new[] { "/bin/sh", "-c", "echo hi" }));
        Assert.That(config.Entrypoint, Is.EqualTo(new[] { "/bin/sh", "-c" }));
        Assert.That(config.Env, Is.EqualTo(new[] { "PATH=/usr/bin", "A=b c", "OLD=way of it" }));
        Assert.That(config.ExposedPorts!.Keys, Is.EqualTo(new[] { "53/udp", "80/tcp" }));
        Assert.That((config.Volumes!.Keys.Single(), config.WorkingDir, config.Labels!["a"], config.User), Is.EqualTo(("/data", "/srv/www", "b", "33")));
    }

    [TestCase("90-92", "90/tcp 91/tcp 92/tcp")]
    [TestCase("8080:80", "80/tcp")]
    [TestCase("53/UDP 9/sctp", "53/udp 9/sctp")]
    public void EXPOSE_takes_what_p_takes_and_keeps_each_port_of_the_container(string ports, string expected)
    {
        var config = new ContainerConfig();
        ConfigChange.Apply(config, "EXPOSE " + ports);
        Assert.That(config.ExposedPorts!.Keys, Is.EquivalentTo(expected.Split(' ')));
    }

    [TestCase("foo", "Invalid containerPort: foo")]
    [TestCase("70000", "Invalid containerPort: 70000")]
    [TestCase("5-3", "Invalid containerPort: 5-3")]
    [TestCase("90-", "Invalid containerPort: 90-")]
    [TestCase("80/xyz", "Invalid proto: xyz")]
    public void What_is_no_port_is_refused_in_dockers_words(string port, string expected) =>
        Assert.That(() => ConfigChange.Apply(new ContainerConfig(), "EXPOSE " + port), Throws.TypeOf<RefusedException>().With.Message.EqualTo(expected));

    [TestCase("RUN true")]
    [TestCase("CMD")]
    [TestCase("ENV A")]
    public void What_is_no_change_is_refused(string line) => Assert.That(() => ConfigChange.Apply(new ContainerConfig(), line), Throws.TypeOf<RefusedException>());
}
