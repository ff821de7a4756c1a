<?php

// The list of a user's sessions as Jetstream's pages show it.

declare(strict_types=1);

namespace SessionsForRedis\Laravel\Jetstream;

use Illuminate\Http\Request;
use Illuminate\Support\Carbon;
use Illuminate\Support\Collection;
use Laravel\Jetstream\Agent;
use SessionsForRedis\Laravel\UserSessions;

final class Devices
{
    public function __construct(private readonly UserSessions $sessions)
    {
    }

    /**
     * @return Collection<int, object{agent: Agent, ip_address: ?string, is_current_device: bool,
     *     last_active: string}>
     */
    public function of(Request $request): Collection
    {
        $current = $this->sessions->sidOf($request);
        $listed = $this->sessions->sessionsOf($request->user()->getAuthIdentifier());
        return Collection::make($listed)->map(static function (array $session) use ($current): object {
            $agent = new Agent();
            $agent->setUserAgent($session['ua'] ?? '');
            return (object) [
                'agent' => $agent,
                'ip_address' => $session['ip'] ?? null,
                'is_current_device' => $session['sid'] === $current,
                'last_active' => Carbon::now()->subSeconds($session['idle'])->diffForHumans(),
            ];
        });
    }

    /** Ends the other sessions of the request's user. */
    public function endOthers(Request $request): void
    {
        $this->sessions->endOthers($request);
    }
}
