import django.db.models.deletion
import gongshu.opening.states
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0002_catalog_as_a_whole'),
        ('identity', '0002_administrations_and_tokens'),
        ('opening', '0002_requests_of_the_public'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='accessrequest',
            name='objection',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='accessrequest',
            name='registration',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='accessrequest',
            name='supplement',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='release',
            name='emergency',
            field=models.CharField(blank=True, max_length=24),
        ),
        migrations.AddField(
            model_name='release',
            name='emergency_kind',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='requeststep',
            name='basis',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='requeststep',
            name='basis_kind',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='requeststep',
            name='ground',
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AlterField(
            model_name='accessrequest',
            name='status',
            field=models.CharField(choices=[('pending', 'pending'), ('returned', 'returned'), ('approved', 'approved'), ('refused', 'refused'), ('review', 'review'), ('upheld', 'upheld'), ('provided', 'provided'), ('withdrawn', 'withdrawn')], default=gongshu.opening.states.RequestStatus['PENDING'], max_length=12),
        ),
        migrations.CreateModel(
            name='TypeDispute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=24, unique=True)),
                ('former', models.CharField(max_length=15)),
                ('proposed', models.CharField(max_length=15)),
                ('reason', models.TextField()),
                ('status', models.CharField(choices=[('proposed', 'proposed'), ('advice', 'advice'), ('decision', 'decision'), ('to_change', 'to_change'), ('changed', 'changed'), ('kept', 'kept'), ('withdrawn', 'withdrawn')], default=gongshu.opening.states.TypeStatus['PROPOSED'], max_length=12)),
                ('pack', models.CharField(max_length=40)),
                ('pack_version', models.CharField(max_length=64)),
                ('citations', models.JSONField(default=list)),
                ('raised_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='type_disputes', to='catalog.entry')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.organization')),
                ('raised_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='TypeDisputeStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('office', models.CharField(max_length=20)),
                ('act', models.CharField(max_length=20)),
                ('act_zh', models.CharField(max_length=200)),
                ('act_en', models.CharField(max_length=200)),
                ('words_zh', models.CharField(blank=True, max_length=200)),
                ('words_en', models.CharField(blank=True, max_length=200)),
                ('citations', models.JSONField(default=list)),
                ('status', models.CharField(choices=[('waiting', 'waiting'), ('open', 'open'), ('agreed', 'agreed'), ('failed', 'failed'), ('advised', 'advised'), ('kept', 'kept'), ('skipped', 'skipped')], default='waiting', max_length=10)),
                ('due_on', models.DateField(blank=True, null=True)),
                ('provisional', models.BooleanField(default=False)),
                ('duty_id', models.PositiveBigIntegerField(blank=True, null=True)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('remark', models.TextField(blank=True)),
                ('dispute', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='opening.typedispute')),
                ('organization', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.organization')),
                ('settled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['position'],
            },
        ),
    ]
