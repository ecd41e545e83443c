using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Invariants;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Nodes;

/// <summary>One machine: a disk, a clock, and a process that comes and goes.</summary>
/// <param name="address">On the network; not the id of the member that lives there, which the cluster gives.</param>
internal sealed class SimulatedNode(World world, int address, SimulationRandom random) : IEndpoint
{
    private const double ResetIsNoticed = 0.5;

    private readonly Queue<Action> _deferred = new();
    private bool _hasDrawn;
    private long _pausedUntil;

    // That has worked with what is on its disk.
    private int _newestProgram;

    public World World { get; } = world;

    public int Address { get; } = address;

    public SimulationRandom Random { get; } = random;

    public SimulatedDisk Disk { get; } = new(random.Split(), world);

    /// <summary>Of its first data directory.</summary>
    public Guid FirstInstance { get; } = random.NextGuid();

    /// <summary>A member; null while it is down or none.</summary>
    public NodeProcess? Process { get; private set; }

    /// <summary>It wants to be a member; null while it is down or one.</summary>
    public Joiner? Joiner { get; private set; }

    /// <summary>The member that lives here, or lived here last.</summary>
    public NodeId? Member { get; private set; }

    public WallClock Clock { get; } = new(world.Scheduler);

    /// <summary>It has to be switched on by the test: a spare, or part of the minority of the liveness phase.</summary>
    public bool IsGone { get; set; }

    /// <summary>It was answered that it is no member any more, and waits for an operator to clear its disk.</summary>
    public bool IsDismissed { get; private set; }

    /// <summary>Something on its disk has rotted; it shows at the next start, if it is needed then.</summary>
    public bool IsRotten { get; private set; }

    /// <summary>The newest feature level that its program knows.</summary>
    public int Level { get; private set; } =
        world.Options.OldPrograms > 0 && random.Chance(world.Options.OldPrograms)
            ? world.Options.OldLevel
            : FeatureLevels.Newest;

    /// <summary>Those of the run, as its program understands them.</summary>
    public SimulationOptions Options => World.Options with
    {
        Replica = World.Options.Replica with { Tree = World.Options.Replica.Tree with { NewestLevel = Level } },
    };

    public bool IsUp => Process is not null || Joiner is not null;

    public bool IsPaused => _pausedUntil > World.Scheduler.Now;

    public void Start()
    {
        if (IsUp || IsGone || IsDismissed)
        {
            return;
        }

        Resume();
        Guarded(() =>
        {
            var directory = new DirectoryOwner(Disk.Files, Draw, ThrowAwayWhatIsDamaged);
            if (directory.IsMember)
            {
                RunMember(directory);
            }
            else if (World.Founding.Members.FirstOrDefault(m => m.Instance == directory.Instance) is { } founder)
            {
                Member = founder.Id;
                Process = new NodeProcess(this, directory, founder.Id, World.Founding);
            }
            else
            {
                Join(directory);
            }
        });
    }

    /// <summary>The power goes off; it comes back by itself after some time.</summary>
    public void Crash()
    {
        World.Trace.Add(TraceKind.Crashed, Address);
        World.Totals.Count(Marker.Crashes);
        World.Totals.Count(Marker.CrashesInJointChanges, Process?.Replica.Membership.IsJoint == true ? 1 : 0);
        Stop();
        Disk.Crash();
        World.Scheduler.After(World.DownTime(), Start);
    }

    /// <summary>It is started again with the present program, if it has an older one.</summary>
    public void Upgrade()
    {
        if (Level < FeatureLevels.Newest)
        {
            World.Totals.Count(Marker.ProgramsUpgraded);
            Replace(FeatureLevels.Newest);
        }
    }

    /// <summary>It is started again with the old program: the operator has undone the upgrade.</summary>
    public void Downgrade()
    {
        if (Level > World.Options.OldLevel)
        {
            World.Totals.Count(Marker.ProgramsDowngraded);
            Replace(World.Options.OldLevel);
        }
    }

    /// <summary>
    /// The cluster behaves in a way that its program does not know: it stops, and an operator starts a newer one. This
    /// can only meet a member that went back to an older program, since the level rises when all members have announced
    /// that they know the next.
    /// </summary>
    public void NoticeTooOld(FeatureLevelException reason)
    {
        if (Level >= _newestProgram || Level >= World.Checks.Ledger.Machine.FeatureLevel)
        {
            throw new ViolationException("U1 levels are known to all", $"m{Address} knows level {Level}: {reason.Message}");
        }

        World.Trace.Add(TraceKind.Exited, Address, detail: reason.Message);
        World.Totals.Count(Marker.ProgramsTooOld);
        Stop();
        Disk.Restart();
        World.Scheduler.After(World.DownTime(), () =>
        {
            Upgrade();
            Start();
        });
    }

    /// <summary>The process ends because of its disk (rule R3); the machine, and its page cache, stays.</summary>
    public void Exit(StorageException reason)
    {
        World.Trace.Add(TraceKind.Exited, Address, detail: reason.Message);
        World.Totals.Count(Marker.ProcessesEndedByTheirDisks);
        Stop();
        Disk.Restart();
        World.Scheduler.After(World.DownTime(), Start);
    }

    /// <summary>The disk is gone with all its content, and another takes its place.</summary>
    public void LoseDisk()
    {
        World.Trace.Add(TraceKind.DiskLost, Address);
        World.Totals.Count(Marker.DisksLost);
        Stop();
        Forget();
        World.Scheduler.After(World.DownTime(), Start);
    }

    /// <summary>Bytes on the disk change by themselves.</summary>
    /// <param name="prefix">Of the name of the file; none: any file.</param>
    public void Rot(SimulationRandom how, string prefix = "")
    {
        if (Disk.Rot(how, prefix) is { } where)
        {
            World.Trace.Add(TraceKind.Rotted, Address, detail: where);
            World.Totals.Count(Marker.DisksRotten);
            IsRotten = true;
        }
    }

    /// <summary>It is a member from now on.</summary>
    public void Accepted(DirectoryOwner directory, NodeId id) => Guarded(() =>
    {
        Joiner = null;
        directory.MakeRoom();
        Member = id;
        Process = new NodeProcess(this, directory, id, founding: null);
    });

    /// <summary>
    /// It is no member any more; after some time an operator clears its disk, and it asks to join again.
    /// </summary>
    public void Dismiss()
    {
        World.Trace.Add(TraceKind.Dismissed, Address, Member?.Value ?? 0);
        Stop();
        IsDismissed = true;
        World.Scheduler.After(World.DownTime() + World.DownTime(), () =>
        {
            IsDismissed = false;
            Forget();
            Start();
        });
    }

    public void Pause(long duration)
    {
        World.Trace.Add(TraceKind.Paused, Address, duration);
        _pausedUntil = Math.Max(_pausedUntil, World.Scheduler.Now + duration);
    }

    public void Resume()
    {
        _pausedUntil = 0;
        World.Facts.Frozen.End(World.Scheduler.Now);
        World.Scheduler.After(0, Wake);
    }

    /// <summary>Runs something when the node is not paused any more, in the order in which it was to happen.</summary>
    public void WhenAwake(Action run)
    {
        _deferred.Enqueue(run);
        if (_deferred.Count == 1)
        {
            World.Scheduler.After(_pausedUntil - World.Scheduler.Now, Wake);
        }
    }

    public void Receive(Envelope envelope)
    {
        if (Process is { } process)
        {
            process.Receive(envelope);
            return;
        }

        if (Joiner is { } joiner)
        {
            joiner.Receive(envelope);
            return;
        }

        switch (envelope)
        {
            case RequestEnvelope request:
                World.Totals.Count(Marker.RequestsToNobody);
                World.Network.Send(
                    new ReplyEnvelope(Address, request.From, request.Call, ReplyStatus.Unreachable, Leader: 0, []));
                break;
            case PeerEnvelope peer when Random.Chance(ResetIsNoticed):
                World.NodeAt(peer.From).Process?.Post(r => r.PeerUnreachable(peer.Header.To));
                break;
        }
    }

    private void Wake()
    {
        if (IsPaused && _deferred.Count > 0)
        {
            World.Scheduler.After(_pausedUntil - World.Scheduler.Now, Wake);
            return;
        }

        while (_deferred.TryDequeue(out var run))
        {
            run();
        }
    }

    private void RunMember(DirectoryOwner directory)
    {
        Member = directory.Identity.Node;
        try
        {
            Process = new NodeProcess(this, directory, directory.Identity.Node, founding: null);
            IsRotten = false;
            World.Totals.Count(Marker.NewerDataReadByOlderPrograms, Level < _newestProgram ? 1 : 0);
        }
        catch (StorageCorruptedException e)
        {
            World.Totals.Count(Marker.DamageDetected);
            directory.BeginQuarantine(e.Problem);
            Join(directory);
        }
    }

    private void Join(DirectoryOwner directory)
    {
        // Unless this is the new member already, which has not got so far as to run.
        if (Member is { } member && World.Members.Of(member).Instance is var ran
            && ran != Guid.Empty && ran != directory.Instance)
        {
            LoseMember();
        }

        Joiner = new Joiner(this, directory);
    }

    /// <summary>Failures of the disk for a process that starts or works.</summary>
    private void Guarded(Action run)
    {
        try
        {
            run();
        }
        catch (SimulatedCrashException)
        {
            World.Totals.Count(Marker.CrashesAtDiskOperations);
            Crash();
        }
        catch (FeatureLevelException e)
        {
            NoticeTooOld(e);
        }
        catch (StorageException e) when (e is not StorageVersionException)
        {
            Exit(e);
        }
    }

    private void Replace(int program)
    {
        _newestProgram = Math.Max(Level, program);
        Level = program;
        if (IsUp)
        {
            Crash();
        }
    }

    private void Stop()
    {
        Process = null;
        Joiner = null;
    }

    private void Forget()
    {
        LoseMember();
        Disk.Lose();
        _newestProgram = Level;
    }

    /// <summary>Its id is never used again.</summary>
    private void LoseMember()
    {
        IsRotten = false;
        if (Member is { } member)
        {
            World.Members.Of(member).IsLost = true;
        }
    }

    /// <summary>The simulation does not look into files that a real node would put aside.</summary>
    private void ThrowAwayWhatIsDamaged()
    {
        foreach (var name in Disk.Files.List().Where(name => name != QuarantineFile.Name).ToList())
        {
            Disk.Files.Delete(name);
        }

        Disk.Files.SyncDirectory();
    }

    private Guid Draw()
    {
        var instance = _hasDrawn ? Random.NextGuid() : FirstInstance;
        _hasDrawn = true;
        return instance;
    }
}
