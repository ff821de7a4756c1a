<?php

// Jetstream's profile page, with Inertia: its list of sessions.

declare(strict_types=1);

namespace SessionsForRedis\Laravel\Jetstream;

use Illuminate\Http\Request;
use Illuminate\Support\Collection;
use Laravel\Jetstream\Http\Controllers\Inertia\UserProfileController as JetstreamController;

class UserProfileController extends JetstreamController
{
    /** @return Collection<int, object> */
    public function sessions(Request $request)
    {
        return app(Devices::class)->of($request)->map(static fn (object $session): object => (object) [
            ...(array) $session,
            'agent' => [
                'is_desktop' => $session->agent->isDesktop(),
                'platform' => $session->agent->platform(),
                'browser' => $session->agent->browser(),
            ],
        ]);
    }
}
